import { once, until } from '@fastify-realtime/testing'
import { test } from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { applyDelta } from '../src/delta.ts'
import { connect } from '../src/index.ts'
import type { ClientOptions, Publication, RealtimeClient } from '../src/index.ts'
import { msgpackCodec } from '../src/msgpack.ts'
import { realServer } from './real-server.ts'

interface Setup {
  readonly url: string
  readonly app: Awaited<ReturnType<typeof realServer>>['app']
  readonly client: (token: string | undefined, options?: ClientOptions) => RealtimeClient
  /** Ends the connections of a principal as a network would. */
  readonly cut: (principal: string) => void
}

async function setup (t: Test): Promise<Setup> {
  const { app, url } = await realServer()
  const clients: RealtimeClient[] = []
  t.teardown(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await app.close()
  })
  return {
    app,
    url,
    client (token, options = {}) {
      const client = connect(url, { WebSocket, minDelay: 10, ...token !== undefined && { token }, ...options })
      clients.push(client)
      return client
    },
    cut (principal) {
      for (const connection of app.connectionPool.byPrincipal(principal)) connection.terminate({ code: 1006, reason: 'cut' })
    }
  }
}

test('two people chat in a room', async (t) => {
  const { client } = await setup(t)
  const ada = client('ada')
  const bob = client('bob')
  const heard: Publication[] = []
  const room = bob.subscribe('room:lobby', (publication) => heard.push(publication))
  await room.ready()
  const receipt = await ada.request('chat.send', { room: 'lobby', text: 'hi' })
  await until(() => heard.length === 1)
  t.match(heard[0], { topic: 'room:lobby', event: 'chat.message', data: { from: 'ada', text: 'hi' }, id: (receipt as { id: string }).id })
  t.equal((await bob.ready()).principal, 'bob')
  await t.rejects(ada.request('chat.send', { room: 7 }), { code: 'invalid-data' })
  await t.rejects(ada.request('chat.sent'), { code: 'unknown-type' })
})

test('without a credential that the server takes, ws gives up and says why', async (t) => {
  const { client } = await setup(t)
  const reason = 'Unexpected server response: 401'
  await t.rejects(client(undefined).ready(), { code: 'closed', message: `Closed: ${reason}`, details: { code: 1006, reason } })
  await t.rejects(client('NOT VALID').ready(), { code: 'closed', details: { code: 4501 } })
  let asked = 0
  const late = client(undefined, { token: () => ++asked === 1 ? undefined : 'ada' })
  t.equal((await late.ready()).principal, 'ada')
})

test('at an address that is no WebSocket route, ws gives up and says why', async (t) => {
  const { url } = await setup(t)
  const client = connect(`${url}x`, { WebSocket, minDelay: 10 })
  t.teardown(() => client.close())
  await t.rejects(client.ready(), { code: 'closed', message: 'Closed: Unexpected server response: 404' })
})

// It tells nothing of the answer, like a browser's; Node 20 has none.
const own = (globalThis as { WebSocket?: ClientOptions['WebSocket'] }).WebSocket
test('a WebSocket that keeps the status to itself is tried on, until there is a credential', { skip: own === undefined }, async (t) => {
  const { client } = await setup(t)
  let asked = 0
  const late = client(undefined, { WebSocket: own as typeof WebSocket, token: () => ++asked < 3 ? undefined : 'ada' })
  t.equal((await late.ready()).principal, 'ada')
  t.equal(asked, 3)
})

test('a direct message arrives without asking, also one that was missed', async (t) => {
  const { client, cut } = await setup(t)
  const ada = client('ada')
  const bob = client('bob')
  const heard: unknown[] = []
  bob.user.onEvent('chat.direct', (data) => heard.push(data))
  bob.user.on('recovered', (recovered) => heard.push(recovered))
  await bob.ready()
  await ada.request('chat.direct', { to: 'bob', text: 'one' })
  await until(() => heard.length === 1)
  cut('bob')
  await once(bob as never, 'close')
  await ada.request('chat.direct', { to: 'bob', text: 'two' })
  await until(() => heard.length === 3)
  t.same(heard, [{ from: 'ada', text: 'one' }, { from: 'ada', text: 'two' }, true])
})

test('what was missed during a cut comes in order, page by page, and only once', async (t) => {
  const { app, client, cut } = await setup(t)
  const ada = client('ada')
  const told: unknown[] = []
  const room = ada.subscribe('room:lobby', { onPublication: ({ data }) => told.push(data), onRecovered: (recovered) => told.push(recovered) })
  await room.ready()
  await app.broadcast.publish('room:lobby', 'n', 0)
  await until(() => told.length === 1)
  cut('ada')
  await once(ada as never, 'close')
  for (let n = 1; n <= 8; n++) await app.broadcast.publish('room:lobby', 'n', n)
  await until(() => told.includes(true))
  await app.broadcast.publish('room:lobby', 'n', 9)
  await until(() => told.includes(9))
  t.same(told, [0, 1, 2, 3, 4, 5, 6, 7, 8, true, 9])
  t.equal(room.live, true)
})

test('a position that was stored is good for another client', async (t) => {
  const { app, client } = await setup(t)
  const first = client('ada').subscribe('room:lobby')
  await first.ready()
  const since = first.position
  await app.broadcast.publish('room:lobby', 'n', 1)
  const told: unknown[] = []
  const second = client('ada').subscribe('room:lobby', { ...since !== undefined && { since }, onPublication: ({ data }) => told.push(data), onRecovered: (recovered) => told.push(recovered) })
  await second.ready()
  t.same(told, [1, true])
})

test('a client may publish where it is let, once however often it is sent', async (t) => {
  const { client } = await setup(t)
  const ada = client('ada')
  const room = ada.subscribe('room:lobby')
  await room.ready()
  const first = await room.publish('said', 'hi', { id: 'mine' })
  const second = await room.publish('said', 'hi', { id: 'mine' })
  t.match([first.duplicate, second.duplicate], [false, true])
  t.same(second.position, first.position)
  await t.rejects(ada.publish('price:a', 'tick', 1), { code: 'forbidden' })
  const page = await room.history({ limit: 3 })
  t.match(page, { publications: [{ event: 'said', data: 'hi' }], more: false })
})

test('a refusal ends the subscription', async (t) => {
  const { client } = await setup(t)
  await t.rejects(client('ada').subscribe('room:secret').ready(), { code: 'forbidden' })
})

test('presence shows who comes and goes', async (t) => {
  const { client } = await setup(t)
  const ada = client('ada')
  const room = ada.subscribe('room:lobby')
  const people = room.presence()
  await until(() => people.members.has('ada'))
  const bob = client('bob')
  await bob.subscribe('room:lobby').ready()
  await until(() => people.members.has('bob'))
  t.equal(people.count, 2)
  await bob.close()
  await until(() => !people.members.has('bob'), 'bob leaves', 10_000)
})

test('patterns and the latest value', async (t) => {
  const { app, client } = await setup(t)
  const ada = client('ada')
  await app.broadcast.publish('price:a', 'tick', 1)
  const told: unknown[] = []
  const one = ada.subscribe('price:a', { latest: true, onPublication: ({ data }) => told.push(['one', data]) })
  const all = ada.subscribe('price:*', ({ topic, data }) => told.push([topic, data]))
  await Promise.all([one.ready(), all.ready()])
  t.same(told, [['one', 1]])
  await app.broadcast.publish('price:a', 'tick', 2)
  await app.broadcast.publish('price:b', 'tick', 3)
  await until(() => told.length >= 4)
  t.same(new Set(told.slice(1)), new Set([['one', 2], ['price:a', 2], ['price:b', 3]]))
})

test('deltas give the same data', async (t) => {
  const { app, client } = await setup(t)
  const states = [1, 2, 3, 4].map((n) => ({ n, rows: Array.from({ length: 30 }, (_, i) => ({ id: `row ${i}`, value: i === n ? n : 0 })) }))
  const told: unknown[] = []
  const board = client('ada').subscribe('board:main', { delta: applyDelta, onPublication: ({ data }) => told.push(data) })
  await board.ready()
  for (const state of states) await app.broadcast.publish('board:main', 'state', state)
  await until(() => told.length === states.length)
  t.same(told, states)
})

test('MessagePack does all of it, too', async (t) => {
  const { app, client } = await setup(t)
  const ada = client('ada', { codec: msgpackCodec })
  const told: unknown[] = []
  const room = ada.subscribe('room:lobby', ({ data }) => told.push(data))
  await room.ready()
  await app.broadcast.publish('room:lobby', 'said', { text: 'hé' })
  await until(() => told.length === 1)
  t.same(told, [{ text: 'hé' }])
  await t.rejects(ada.request('nothing'), { code: 'unknown-type' })
})

test('the server asks, the client answers', async (t) => {
  const { app, client } = await setup(t)
  const ada = client('ada')
  ada.onRequest('confirm', async (question) => `${String(question)} yes`)
  await ada.ready()
  const [connection] = app.connectionPool.byPrincipal('ada')
  t.equal(await connection?.request('confirm', 'sure?'), 'sure? yes')
})

test('a drain sends clients away for a while, a wrong token for good', async (t) => {
  const { app, client } = await setup(t)
  const ada = client('ada')
  await ada.ready()
  const lost = once<[{ code: number, retryIn: number | undefined }]>(ada as never, 'close')
  for (const connection of app.connectionPool.byPrincipal('ada')) connection.close({ code: 1012, reason: 'restarting', retryAfter: 20 })
  const [{ code, retryIn }] = await lost
  t.equal(code, 1012)
  t.ok(Number(retryIn) >= 20)
  await ada.ready()
  const stranger = client('NOBODY')
  await t.rejects(stranger.ready(), { code: 'closed', details: { code: 4501 } })
})
