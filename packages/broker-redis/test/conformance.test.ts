import { Redis } from 'ioredis'
import { createClient } from 'redis'
import t from 'tap'
import { brokerConformance } from '@fastify-realtime/broker/conformance'
import { redisBroker } from '../src/index.ts'
import type { RedisClient } from '../src/index.ts'
import { missing, RedisServer } from '@fastify-realtime/testing/redis-server'

const clients: Record<string, (port: number) => RedisClient> = {
  ioredis: (port) => new Redis(port, '127.0.0.1', { lazyConnect: true }),
  'node-redis': (port) => createClient({ socket: { host: '127.0.0.1', port } })
}

for (const [library, make] of Object.entries(clients)) {
  void t.test(`redis through ${library}`, { skip: missing }, async (t) => {
    const server = await RedisServer.start({ settings: ['--appendonly', 'yes'] })
    t.teardown(() => server.end())
    const raw = new Redis(server.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => 50 })
    raw.on('error', () => {})
    t.teardown(() => raw.disconnect())
    let groups = 0
    brokerConformance((name, run) => t.test(name, run), {
      name: `redis (${library})`,
      create () {
        const prefix = `g${++groups}`
        return {
          node: () => redisBroker({ client: make(server.port), prefix }),
          outage: {
            begin: () => server.kill(),
            end: () => server.up()
          },
          async inject (channel, topic, bytes) {
            await raw.publish(`${prefix}|${channel}|${topic}`, Buffer.from(bytes))
          }
        }
      }
    }, { report: (table) => t.comment(table) })
  })
}
