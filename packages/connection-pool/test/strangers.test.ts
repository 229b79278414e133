import { connectAndGreet, once } from '@fastify-realtime/testing'
import { buildSchema } from 'graphql'
import { CloseCode, createClient } from 'graphql-ws'
import { makeHandler } from 'graphql-ws/use/@fastify/websocket'
import t from 'tap'
import { WebSocket } from 'ws'
import { echo, serve } from './harness.ts'

const schema = buildSchema('type Query { hello: String, big: String } type Subscription { count(to: Int!): Int }')
const rootValue = {
  hello: 'world',
  big: 'x'.repeat(300_000),
  async * count ({ to }: { readonly to: number }) {
    for (let count = 1; count <= to; count++) yield { count }
  }
}

async function serveGraphql (t: Parameters<typeof serve>[0], keepAlive: number) {
  return await serve(t, { messageRate: { max: 1, timeWindow: 60_000, burst: 3 }, outbox: { softMark: 10, maxBytes: 1_000 } }, {
    routes (app) {
      app.get('/graphql', { websocket: true }, makeHandler({ schema, roots: { query: rootValue, subscription: rootValue } }, keepAlive))
      echo(app)
    }
  })
}

t.test('a server of graphql-transport-ws on the same app does all it did, with no limit of ours', async (t) => {
  const { url, pool, app } = await serveGraphql(t, 12_000)
  const client = createClient({ url: `${url}/graphql`, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0, onNonLazyError: () => {} })
  const ended = new Promise<unknown>((resolve) => client.on('closed', resolve))
  for (let at = 0; at < 10; at++) {
    for await (const result of client.iterate({ query: '{ hello }' })) t.same(result.data, { hello: 'world' })
  }
  for await (const { data } of client.iterate({ query: '{ big }' })) t.equal((data as typeof rootValue).big.length, 300_000)
  const counts: unknown[] = []
  for await (const { data } of client.iterate({ query: 'subscription { count(to: 50) }' })) counts.push((data as { count: number }).count)
  t.same(counts, Array.from({ length: 50 }, (_, at) => at + 1))
  const ours = await connectAndGreet(url)
  t.equal(await ours.request('echo', 1), 1)
  t.equal(pool.size, 1)
  await app.close()
  t.match(await ended, { code: 1012 }, 'but it is drained with all others')
  await client.dispose()
})

t.test('its own pings, closes and choice of subprotocol reach its clients', async (t) => {
  const { url } = await serveGraphql(t, 300)
  const socket = new WebSocket(`${url}/graphql`, ['graphql-transport-ws', `bearer.${Buffer.from('secret').toString('base64url')}`])
  await once(socket, 'ping')
  t.equal(socket.protocol, 'graphql-transport-ws')
  const closed = once<[number]>(socket, 'close')
  socket.send('{"type":"subscribe","id":"1","payload":{"query":"{ hello }"}}')
  t.equal((await closed)[0], CloseCode.Unauthorized)
  const other = new WebSocket(`${url}/graphql`, 'chat')
  t.equal((await once<[number]>(other, 'close'))[0], CloseCode.SubprotocolNotAcceptable)
  t.equal(other.protocol, 'chat')
  const none = new WebSocket(`${url}/graphql`, 'bearer.c2VjcmV0')
  none.on('error', () => {})
  await once(none, 'close')
  t.equal(none.protocol, '')
})
