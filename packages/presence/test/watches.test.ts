import { setImmediate } from 'node:timers/promises'
import type { PresenceStore } from '@fastify-realtime/broker'
import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { Watches } from '../src/watches.ts'
import { cluster, settle } from './fixtures/nodes.ts'

void t.test('many watchers share one interest and one list; the last one ends it', async t => {
  const { nodes: [a], connect } = await cluster(1)
  const watchers = Array.from({ length: 10 }, () => connect('eve'))
  await Promise.all(watchers.map(each => a!.node.watch(each.connection, 'room:1')))
  t.ok(watchers.every(({ updates }) => updates.length === 1))
  t.same(a!.broker.calls.filter(call => call !== 'renew'), ['subscribe room:1', 'list room:1 500'])
  for (const each of watchers) a!.node.unwatch(each.connection, 'room:1')
  a!.node.unwatch(watchers[0]!.connection, 'room:1')
  a!.node.close(watchers[0]!.connection)
  await settle()
  t.equal(a!.broker.calls.at(-1), 'unsubscribe room:1')
  t.same(a!.node.gauges, { connections: 0, pending: 0, watchedTopics: 0, watchers: 0 })
})

void t.test('a connection watches a bounded number of topics', async t => {
  const { nodes: [a], connect } = await cluster(1, { maxWatched: 2 })
  const eve = connect('eve')
  await a!.node.watch(eve.connection, 'room:1')
  await a!.node.watch(eve.connection, 'room:2')
  await t.rejects(a!.node.watch(eve.connection, 'room:3'), { code: 'FRT_ERR_PRESENCE_LIMIT', statusCode: 429, message: /2 topics/ })
  await a!.node.watch(eve.connection, 'room:2')
  t.equal(eve.updates.length, 3)
  a!.node.unwatch(eve.connection, 'room:1')
  await a!.node.watch(eve.connection, 'room:3')
  t.equal(a!.node.gauges.watchedTopics, 2)
})

void t.test('a connection that ends while the list is read gets nothing and leaves nothing', async t => {
  const { nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  const watching = a!.node.watch(eve.connection, 'room:1')
  a!.node.close(eve.connection)
  await watching
  await settle()
  t.same(eve.updates, [])
  t.equal(a!.node.gauges.watchedTopics, 0)
  t.equal(a!.broker.calls.at(-1), 'unsubscribe room:1')
})

void t.test('a new interest waits for the end of the former', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  await a!.node.watch(eve.connection, 'room:1')
  a!.node.unwatch(eve.connection, 'room:1')
  const again = a!.node.watch(eve.connection, 'room:1')
  t.equal(a!.broker.calls.at(-1), 'unsubscribe room:1', 'not subscribed before it has ended')
  await again
  await a!.node.join(connect('ada').connection, 'room:1')
  await clock.advance(100)
  t.same(eve.names('room:1'), ['ada'])
})

void t.test('a watch that cannot begin is refused, and leaves nothing', async t => {
  const { nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  a!.broker.failing = 'before'
  await t.rejects(a!.node.watch(eve.connection, 'room:1'), { message: 'broker failed' })
  t.same(a!.node.gauges, { connections: 0, pending: 0, watchedTopics: 0, watchers: 0 })
  await settle()
  t.equal(a!.warnings.length, 1, 'the interest could not be ended either')
  a!.broker.failing = false
  await a!.node.watch(eve.connection, 'room:1')
  t.equal(eve.updates.length, 1)
})

void t.test('what changes while the list is read is applied after it', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const eve = connect('eve')
  const watching = b!.node.watch(eve.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  await a!.node.join(connect('bob').connection, 'room:1')
  await watching
  await clock.advance(100)
  t.same(eve.names('room:1'), ['ada', 'bob'])
  t.same(b!.broker.calls.filter(call => call.startsWith('list')), ['list room:1 500'])
})

void t.test('two changes that overtake each other need no new list', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const eve = connect('eve')
  await b!.node.watch(eve.connection, 'room:1')
  const waiting: Array<() => void> = []
  b!.broker.hold = (deliver) => { waiting.push(deliver) }
  for (const principal of ['ada', 'bob', 'cyd']) await a!.node.join(connect(principal).connection, 'room:1')
  await settle()
  waiting[2]?.()
  waiting[1]?.()
  await clock.advance(60)
  t.same(eve.names('room:1'), [])
  waiting[0]?.()
  await clock.advance(500)
  t.same(eve.names('room:1'), ['ada', 'bob', 'cyd'])
  t.equal(eve.updates.length, 2)
  t.same(b!.broker.calls.filter(call => call.startsWith('list')), ['list room:1 500'])
})

void t.test('a list that cannot be read again is read when versions are compared', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const eve = connect('eve')
  await b!.node.watch(eve.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  b!.broker.lose = () => true
  await a!.node.join(connect('bob').connection, 'room:1')
  await settle()
  b!.broker.lose = () => false
  await a!.node.join(connect('cyd').connection, 'room:1')
  await settle()
  b!.broker.failing = 'before'
  await clock.advance(1_000)
  t.same(eve.names('room:1'), ['ada'])
  t.ok(b!.warnings.length > 0)
  b!.broker.failing = false
  await clock.advance(20_000)
  t.same(eve.names('room:1'), ['ada', 'bob', 'cyd'])
})

void t.test('more changes than fit while a list is read make another list', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2, { maxMembers: 10_000 })
  const eve = connect('eve')
  let go = (): void => {}
  b!.broker.slow = new Promise((resolve) => { go = resolve })
  const watching = b!.node.watch(eve.connection, 'room:1')
  await settle()
  const crowd = Array.from({ length: 1_100 }, (_, n) => connect(`p${n}`))
  await Promise.all(crowd.map(each => a!.node.join(each.connection, 'room:1')))
  await settle()
  go()
  await watching
  await clock.advance(500)
  t.equal(eve.names('room:1')?.length, 1_100)
})

void t.test('nothing is read or told after the stop', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  await a!.node.watch(eve.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  await settle()
  await a!.node.stop()
  await clock.advance(1_000)
  t.equal(eve.updates.length, 1)
  a!.node.close(eve.connection)
})

void t.test('records of other versions of this package are passed over', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  await a!.node.watch(eve.connection, 'room:1')
  a!.broker.deliver({ channel: 'presence', topic: 'room:1', event: 'x', id: '1', time: 0, payload: '{}' })
  a!.broker.deliver({
    channel: 'presence',
    topic: 'room:9',
    event: 'joined',
    id: '2',
    time: 0,
    payload: '{"kind":"joined","member":{"principal":"x"},"version":1}'
  })
  await clock.advance(100)
  t.equal(eve.updates.length, 1)
})

void t.test('a view that is being read is not compared', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  a!.broker.slow = new Promise(() => {})
  void a!.node.watch(eve.connection, 'room:1')
  await clock.advance(11_000)
  t.same(a!.broker.calls.filter(call => call.startsWith('list')), ['list room:1 500'])
})

void t.test('a topic that somebody else emptied meanwhile, or that the store lost, is read anew', async t => {
  const { clock, hub, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  await a!.node.join(connect('ada').connection, 'room:1')
  await a!.node.watch(eve.connection, 'room:1')
  await hub.presence.leave('room:1', 'c2')
  await clock.advance(11_000)
  t.same(eve.names('room:1'), [])
  await a!.node.join(connect('bob').connection, 'room:1')
  await clock.advance(100)
  a!.broker.relist = () => ({ members: [], count: 0, version: 1 })
  await clock.advance(11_000)
  t.same(eve.names('room:1'), [])
})

void t.test('a view that ended while it was compared is not read again', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const eve = connect('eve')
  await b!.node.watch(eve.connection, 'room:1')
  b!.broker.lose = () => true
  await a!.node.join(connect('ada').connection, 'room:1')
  let go = (): void => {}
  b!.broker.slow = new Promise((resolve) => { go = resolve })
  const compared = b!.node.resume()
  await settle()
  b!.node.close(eve.connection)
  go()
  await compared
  await clock.advance(1_000)
  t.equal(b!.broker.calls.filter(call => call === 'list room:1 500').length, 1)
})

void t.test('where changes do not say what they follow, what was lost among them is found by reading again', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const eve = connect('eve')
  a!.broker.chained = false
  await a!.node.watch(eve.connection, 'room:1')
  a!.broker.lose = () => true
  await a!.node.join(connect('ada').connection, 'room:1')
  await settle()
  a!.broker.lose = () => false
  await a!.node.join(connect('bob').connection, 'room:1')
  await clock.advance(100)
  t.same(eve.names('room:1'), ['bob'])
  await clock.advance(11_000)
  t.same(eve.names('room:1'), ['ada', 'bob'])
})

void t.test('views are compared a few in a turn, also with a store that answers at once', async t => {
  let lists = 0
  let most = 0
  const store = { list: async () => { lists++; return { version: 0, count: 0, members: [] } } } as unknown as PresenceStore
  const channel = { subscribe: async () => {}, unsubscribe: async () => {} }
  const watches = new Watches({ store, channel, clock: fakeClock(), window: 100, maxMembers: 10, announce: () => {}, failed: (error) => { t.error(error) } })
  await Promise.all(Array.from({ length: 200 }, (_, n) => watches.open(`room:${n}`).ready))
  lists = 0
  let done = false
  const checked = watches.check().then(() => { done = true })
  for (let before = 0; !done; before = lists) {
    await setImmediate()
    most = Math.max(most, lists - before)
  }
  await checked
  watches.stop()
  t.equal(lists, 200)
  t.ok(most <= 32, `${most} in one turn`)
})
