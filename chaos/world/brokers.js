import { NatsServer } from './nats.js'
import { versionOf } from './own-server.js'
import { RedisServer } from './redis.js'

/** What a scenario may name as its broker. */
export const brokers = {
  redis: {
    make: (plan) => new RedisServer(plan),
    version: () => versionOf('redis-server'),
    label: ({ fsync }) => `Redis, ${fsync === 'off' ? 'no append-only file' : `append-only file \`${fsync}\``}`
  },
  nats: {
    make: () => new NatsServer(),
    version: () => versionOf('nats-server'),
    label: () => 'NATS, JetStream on files'
  }
}
