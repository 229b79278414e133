import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { WebSocket } from 'ws'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import { connectionPool } from '@fastify-realtime/connection-pool'
import { closeReasons } from '@fastify-realtime/protocol'
import { cluster } from '../src/index.ts'

void t.test('a node ends the real connection of another, which learns the reason', async (t) => {
  const hub = memoryHub()
  const nodes = await Promise.all([0, 1].map(async () => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(connectionPool)
    await app.register(cluster)
    await app.register(broker, { use: memoryBroker({ hub }) })
    app.get('/ws', { websocket: true, config: { realtime: { anonymous: true } } }, app.connectionPool.accept)
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app
  }))
  const [first, second] = nodes as [FastifyInstance, FastifyInstance]
  const { port } = first.server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`)
  const closed = once(socket, 'close')
  const [message] = await once(socket, 'message') as [Buffer]
  const { connection } = JSON.parse(message.toString()) as { connection: string }

  const listed = await second.cluster.connections({ address: '127.0.0.1' })
  t.match(listed, { connections: [{ id: connection, route: '/ws', principal: null }], count: 1, missing: [] })
  const forgotten = new Promise((resolve) => { first.connectionPool.on('close', resolve) })
  t.same(await second.cluster.disconnect({ id: connection }, closeReasons.forbidden), { disconnected: 1, missing: [] })
  const [code, reason] = await closed as [number, Buffer]
  t.same([code, reason.toString()], [4502, 'forbidden'])
  await forgotten
  t.match(await second.cluster.connections(), { count: 0 })
})
