import { broker, memoryBroker } from '@fastify-realtime/broker'
import type { Position, Publication } from '@fastify-realtime/protocol'
import Fastify from 'fastify'
import { connectionPool } from '@fastify-realtime/connection-pool'
import { test } from 'tap'
import { broadcast } from '../src/index.ts'
import type { PolicyQuestion, Subscribed, TopicHistory } from '../src/index.ts'
import { Allowance } from '../src/allowance.ts'
import { Wire } from '../src/wire.ts'
import type { WireContext } from '../src/wire.ts'
import { connectionOf, open, serve } from './harness.ts'
import { connection, stage } from './model/stage.ts'

interface Answer extends Subscribed {
  readonly publications?: Publication[]
}

test('a policy may take its time', async (t) => {
  const { connect } = await serve(t, { canSubscribe: async ({ topic }) => topic === 'a' })
  const ada = await connect()
  t.match(await ada.ask('subscribe', { topic: 'a' }), { type: 'reply' })
  t.match(await ada.ask('subscribe', { topic: 'b' }), { type: 'failure', code: 'forbidden' })
})

test('what the policy does not allow is forbidden', async (t) => {
  const { connect } = await serve(t, { topics: { 'room:*': { history: true } } })
  const ada = await connect('ada')
  for (const [type, data] of [
    ['subscribe', { topic: 'room:1' }], ['publish', { topic: 'room:1', event: 'm', data: 1 }], ['history', { topic: 'room:1' }],
    ['subscribe', { topic: 'elsewhere' }], ['subscribe', { topic: 'user:bob' }], ['history', { topic: 'user:bob' }]
  ] as const) {
    t.match(await ada.ask(type, data), { type: 'failure', code: 'forbidden', retry: false }, type)
  }
  t.match(await ada.ask('subscribe', { topic: 'a b' }), { code: 'invalid-data' })
})

test('a policy sees the connection and the token of the message', async (t) => {
  const asked: PolicyQuestion[] = []
  const { app, connect } = await serve(t, { canSubscribe: (question) => { asked.push(question); return true } })
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'a', token: 'secret' })
  t.match(asked, [{ principal: { id: 'ada' }, topic: 'a', token: 'secret' }])
  t.equal(asked[0]?.connection, connectionOf(app, 'ada'))
  t.ok(await app.broadcast.can({ id: 'ada' }, 'subscribe', 'b'))
  t.ok(await app.broadcast.can({ id: 'ada' }, 'subscribe', 'b', connectionOf(app, 'ada')))
  t.ok(await app.broadcast.can({ id: 'ada' }, 'subscribe', 'b', undefined, 'signed'))
  t.same(asked.slice(1).map(({ connection, token }) => [connection?.id, token]),
    [[undefined, undefined], [ada.welcome.connection, undefined], [undefined, 'signed']])
})

test('clients publish where the app allows it', async (t) => {
  const { connect } = await serve(t, { ...open, topics: { 'room:*': { history: true } } })
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'room:1' })
  const { id, position } = await ada.get<{ id: string, position: Position }>('publish', { topic: 'room:1', event: 'm', data: { n: 1 } })
  t.match(await ada.publication({ n: 1 }), { id, position })
  const twice = await ada.get('publish', { topic: 'room:1', event: 'm', data: 2, id: 'x' })
  t.match(await ada.get('publish', { topic: 'room:1', event: 'm', data: 2, id: 'x' }), { ...twice, duplicate: true })
})

test('the reply to subscribe comes before the first live publication, that to unsubscribe after the last', async (t) => {
  const { app, connect } = await serve(t, open)
  const ada = await connect('ada')
  for (let round = 0; round < 20; round++) {
    ada.send('subscribe', { topic: 'a' }, `on${round}`)
    ada.send('unsubscribe', { topic: 'a' }, `off${round}`)
    while (!ada.received.some(({ id }) => id === `off${round}`)) await app.broadcast.publish('a', 'm', round).then(() => new Promise(setImmediate))
  }
  let subscribed = false
  for (const { type, id } of ada.received.slice(1)) {
    if (id?.startsWith('on') === true) subscribed = true
    else if (id?.startsWith('off') === true) subscribed = false
    else t.ok(subscribed && type === 'publication')
  }
  t.same(await ada.ask('unsubscribe', { topic: 'a' }), { type: 'reply', id: '1' }, 'again does no harm')
})

test('history is read over the wire as a subscriber may see it', async (t) => {
  const { app, connect } = await serve(t, { ...open, topics: { 'room:*': { history: true }, plain: {} } })
  const ada = await connect('ada')
  await app.broadcast.publish('room:1', 'm', 'not ada', { except: connectionOf(app, 'ada') })
  await app.broadcast.publish('room:1', 'm', 'all')
  const page = await ada.get<TopicHistory>('history', { topic: 'room:1', limit: 10 })
  t.match(page, { complete: true, more: false, publications: [{ data: 'all' }] })
  t.equal(page.publications.length, 1)
  t.match(await ada.ask('history', { topic: 'plain' }), { code: 'not-found' })
  t.match(await ada.ask('history', { topic: 'room:1', limit: 301 }), { code: 'invalid-data' })
  t.equal((await ada.get<TopicHistory>('history', { topic: 'user:ada' })).publications.length, 0)
})

test('a client subscribes within its limits', async (t) => {
  const { app, connect } = await serve(t, { ...open, maxSubscriptions: 2, subscribeRate: { max: 1, burst: 7 } })
  const ada = await connect('ada')
  for (const topic of ['a', 'b', 'a', 'user:ada']) await ada.get('subscribe', { topic })
  t.match(await ada.ask('subscribe', { topic: 'c' }), { code: 'rate-limited', retry: false, message: 'at most 2 subscriptions' })
  await app.broadcast.subscribe(connectionOf(app, 'ada'), 'server:says')
  t.same(app.broadcast.topicsOf(connectionOf(app, 'ada')), ['user:ada', 'a', 'b', 'server:says'])
  await ada.get('unsubscribe', { topic: 'b' })
  await ada.get('unsubscribe', { topic: 'b' })
  t.match(await ada.ask('subscribe', { topic: 'a' }), { code: 'rate-limited', retry: true, details: { retryAfter: Number } })
})

test('asking on for the next page does not count as another subscribe', async (t) => {
  const { app, connect } = await serve(t, {
    ...open, topics: { a: { history: true } }, recovery: { maxPublications: 1 }, subscribeRate: { max: 1, burst: 2 }
  })
  const ada = await connect('ada')
  let since = (await ada.get<Answer>('subscribe', { topic: 'a' })).position
  for (let n = 1; n <= 5; n++) await app.broadcast.publish('a', 'm', n)
  const seen: unknown[] = []
  let answer: Answer & { more?: boolean } = { more: true } as Answer
  while (answer.more === true) {
    answer = await ada.get<Answer>('subscribe', { topic: 'a', since })
    seen.push(...answer.publications!.map(({ data }) => data))
    since = answer.position
  }
  t.same(seen, [1, 2, 3, 4, 5])
  t.equal(answer.recovered, true)
})

test('a subscribe without an id would never be answered, so it is refused', async (t) => {
  const { app, connect } = await serve(t, open)
  const ada = await connect('ada')
  ada.send('subscribe', { topic: 'a' })
  const failure = await ada.next(({ type }) => type === 'failure')
  t.match(failure, { code: 'invalid-data', message: 'subscribe needs an id', retry: false })
  t.notOk('id' in failure)
  t.same(app.broadcast.topicsOf(connectionOf(app, 'ada')), ['user:ada'])
})

test('recovery asks the policy again, and who may no longer read is unsubscribed', async (t) => {
  let member = true
  const { app, connect } = await serve(t, { topics: { a: { history: true } }, canSubscribe: () => member })
  const ada = await connect('ada')
  const { position } = await ada.get<Answer>('subscribe', { topic: 'a' })
  member = false
  t.match(await ada.ask('subscribe', { topic: 'a', since: position }), { code: 'forbidden' })
  t.match(await ada.next(({ type }) => type === 'unsubscribed'), { topic: 'a', code: 'revoked' })
  t.same(app.broadcast.topicsOf(connectionOf(app, 'ada')), ['user:ada'])
  t.match(await ada.ask('subscribe', { topic: 'b' }), { code: 'forbidden' })
})

test('a subscribe whose sender was told a timeout does not stand', async (t) => {
  const { parts, broadcast: topics } = await stage(open)
  const handlers = new Map<string, (context: WireContext) => unknown>()
  new Wire(parts, new Allowance({ max: 1, burst: 1 }, parts.clock)).register((type, _options, handler) => handlers.set(type, handler))
  const context = { data: { topic: 'a' }, id: '1', connection: connection('ada').self, answered: true, reply: () => t.fail('too late') }
  await t.rejects(async () => { await handlers.get('subscribe')?.(context) }, { code: 'FRT_ERR_SUBSCRIPTION_ENDED' })
  await t.rejects(async () => { await handlers.get('subscribe')?.({ ...context, id: undefined }) }, { code: 'invalid-data', message: /needs an id/ })
  t.equal(topics.counters.subscriptions, 0)
})

test('a client subscribes to a pattern where the app allows it', async (t) => {
  const { app, connect } = await serve(t, { ...open, topics: { 'price:*': { wildcard: true }, 'room:*': {} } })
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'price:*' })
  t.match(await ada.ask('subscribe', { topic: 'room:*' }), { code: 'forbidden' })
  for (const topic of ['price:x', 'room:1', 'price:y']) await app.broadcast.publish(topic, 'm', topic)
  await ada.publication('price:y')
  t.same(ada.publications.map(({ topic }) => topic), ['price:x', 'price:y'])
  await ada.get('unsubscribe', { topic: 'price:*' })
  t.same(app.broadcast.topics(), [{ topic: 'user:ada', subscribers: 1, history: { size: 100, ttl: 300_000 } }])
})

test('an app chooses what everybody is subscribed to, and may do without user topics', async (t) => {
  const { app, connect } = await serve(t, { userTopics: false, automatic: ({ principal }) => principal === null ? [] : ['news', 'news'] })
  const ada = await connect('ada')
  t.same(ada.welcome.subscriptions, [{ topic: 'news' }])
  await app.broadcast.publish('news', 'm', 1)
  await ada.publication(1)
  t.same((await connect()).welcome.subscriptions, [])
})

test('a client that closes leaves nothing behind', async (t) => {
  const { app, connect } = await serve(t, open)
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'a' })
  const closed = new Promise((resolve) => { app.connectionPool.on('close', resolve) })
  await ada.close()
  await closed
  t.match(app.broadcast.counters, { subscriptions: 0, topics: 0 })
})

test('an outage in which something was published ends the subscriptions that missed it', async (t) => {
  const own = memoryBroker()
  const start = own.start.bind(own)
  let state: (up: boolean) => void = () => {}
  own.start = (sink) => {
    state = sink.state.bind(sink)
    return start(sink)
  }
  const { app, connect } = await serve(t, { ...open, topics: { a: { history: true } } }, (instance) => instance.register(broker, { use: own }))
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'a' })
  await app.broadcast.publish('a', 'm', 1)
  await ada.publication(1)
  await own.unsubscribe('topics', 'a')
  state(false)
  await own.publish({ channel: 'topics', topic: 'a', event: 'm', id: 'x', time: 1, payload: '2' }, { history: { size: 9, ttl: 9_000 } })
  state(true)
  t.match(await ada.next(({ type }) => type === 'unsubscribed'), { topic: 'a', code: 'position-lost' })
})

test('broadcast boots with the pool alone', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(connectionPool)
  await app.register(broadcast)
  await app.ready()
  t.match(await app.broadcast.publish('a', 'm'), { duplicate: false })
})

test('without the pool it does not boot', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(broadcast) }, /connectionPool/)
})
