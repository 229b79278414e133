import { test } from 'tap'
import { at, harness, publication } from './harness.ts'
import type { Fields } from './harness.ts'

const ada = (position?: Fields): Fields => ({ principal: 'ada', subscriptions: [{ topic: 'user:ada', position }] })
const direct = (n: number): Fields => publication(n, { topic: 'user:ada' })

test('client.user follows the principal of the connection', async (t) => {
  const made = harness()
  const told: unknown[] = []
  t.equal(made.client.user.topic, '')
  t.equal(made.client.user.position, undefined)
  made.client.user.on('publication', ({ data }) => told.push(data))
  made.client.user.on('live', () => told.push('live'))
  made.client.user.on('recovered', (recovered) => told.push(recovered))
  const first = await made.welcome(ada(at(3)))
  t.equal(made.client.user.topic, 'user:ada')
  first.receive(direct(4))
  t.same(told, ['live', 4])
  t.same(first.sent, [], 'nothing has to be asked for')
  const second = await made.reconnect(ada(at(4)))
  t.same(second.sent, [])
  t.same(told, ['live', 4, true, 'live'], 'nothing was missed')
  const third = await made.reconnect(ada(at(6)))
  t.same(third.last?.['data'], { topic: 'user:ada', since: { epoch: 'e', offset: 4, connection: 'c2' } })
  third.receive(direct(7))
  third.reply(third.last, { position: at(7), recovered: true, publications: [direct(5), direct(6), direct(7)] })
  t.same(told.slice(4), [5, 6, 7, true, 'live'])
})

test('another epoch is asked about, no position is a loss', async (t) => {
  const made = harness()
  const told: unknown[] = []
  made.client.user.on('recovered', (recovered) => told.push(recovered))
  await made.welcome(ada(at(3)))
  const second = await made.reconnect(ada(at(3, 'new')))
  t.match(second.last, { type: 'subscribe', data: { since: at(3) } })
  second.reply(second.last, { position: at(3, 'new'), recovered: false })
  await made.reconnect(ada())
  t.same(told, [false, false])
  await made.reconnect(ada(at(9)))
  t.same(told, [false, false, false])
})

test('a topic that only looks like one of a principal is another one', async (t) => {
  const made = harness()
  await made.welcome({ principal: 'ada', subscriptions: [{ topic: 'user:%' }, { topic: 'user:ada2' }, { topic: 'ada' }] })
  t.equal(made.client.user.topic, '')
  t.equal(made.client.state, 'open')
})

test('another principal has another topic', async (t) => {
  const made = harness()
  const told: unknown[] = []
  made.client.user.on('publication', ({ data }) => told.push(data))
  await made.welcome(ada(at(3)))
  const second = await made.reconnect({ principal: 'b b', subscriptions: [{ topic: 'user:b%20b', position: at(1) }] })
  t.equal(made.client.user.topic, 'user:b%20b')
  t.same(second.sent, [])
  second.receive(publication(2, { topic: 'user:b%20b' }))
  t.same(told, [2])
  const third = await made.reconnect({ principal: null })
  t.equal(made.client.user.topic, '')
  t.equal(made.client.user.live, false)
  t.same(third.sent, [])
})

test('other automatic subscriptions are there for whoever subscribes', async (t) => {
  const made = harness()
  const socket = await made.welcome({ subscriptions: [{ topic: 'news' }] })
  const told: unknown[] = []
  const news = made.client.subscribe('news', ({ data }) => told.push(data))
  t.ok(news.live)
  socket.receive(publication(1, { topic: 'news' }))
  t.same(told, [1])
  t.same(socket.sent, [])
  news.unsubscribe()
  t.same(socket.sent, [], 'the server keeps it')
  const second = await made.reconnect({ subscriptions: [] })
  t.same(second.sent, [], 'until it does not')
})

test('a subscription that was automatic is asked for when it is not any more', async (t) => {
  const made = harness()
  await made.welcome({ subscriptions: [{ topic: 'news', position: at(1) }] })
  made.client.subscribe('news')
  const second = await made.reconnect()
  t.match(second.last, { type: 'subscribe', data: { topic: 'news', since: at(1) } })
})

test('client.user of a closed client has ended', async (t) => {
  const made = harness()
  await made.welcome()
  const ended: unknown[] = []
  made.client.user.on('end', (error) => ended.push(error?.code))
  made.socket.drop(4501)
  t.same(ended, ['closed'])
  await t.rejects(made.client.user[Symbol.asyncIterator]().next(), { code: 'closed' })
  await t.rejects(made.client.user.ready(), { code: 'closed' })
})
