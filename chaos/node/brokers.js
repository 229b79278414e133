import { natsBroker } from '@fastify-realtime/broker-nats'
import { redisBroker } from '@fastify-realtime/broker-redis'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'

/** Each answers `{ broker, end }`, made as its README says, with the times of a test. */
export const makeBroker = {
  async redis ({ port, probeInterval }) {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true })
    client.on('error', () => {})
    return { broker: redisBroker({ client, probeInterval }), end: async () => client.disconnect() }
  },

  async nats ({ port, history }) {
    const connection = await connect({ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 250, pingInterval: 2_000 })
    return { broker: natsBroker({ connection, maxHistory: Math.max(1_000, history.size) }), end: () => connection.close() }
  }
}
