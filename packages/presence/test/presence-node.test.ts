import t from 'tap'
import { cluster, settle, TestConnection } from './fixtures/nodes.ts'

void t.test('watchers on every node see who joins and who leaves', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2, { info: ({ principal }) => ({ name: principal.id.toUpperCase() }) })
  const ada = connect('ada')
  const bob = connect('bob')
  await a!.node.join(ada.connection, 'room:1')
  await b!.node.watch(bob.connection, 'room:1')
  t.same(bob.updates, [{ type: 'presence', topic: 'room:1', version: 1, count: 1, members: [{ principal: 'ada', info: { name: 'ADA' } }] }])
  await a!.node.join(bob.connection, 'room:1', { mood: 'own' })
  await clock.advance(50)
  t.same(bob.updates[1], {
    type: 'presence', topic: 'room:1', version: 2, count: 2, joined: [{ principal: 'bob', info: { mood: 'own' } }], left: []
  })
  await a!.node.leave(ada.connection, 'room:1')
  await clock.advance(50)
  t.same(bob.updates[2], { type: 'presence', topic: 'room:1', version: 3, count: 1, joined: [], left: [{ principal: 'ada' }] })
  t.same(await a!.node.members('room:1'), { topic: 'room:1', version: 3, count: 1, members: [{ principal: 'bob', info: { mood: 'own' } }] })
})

void t.test('several connections of one principal are one member', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  const [one, two] = [connect('ada'), connect('ada')]
  await a!.node.watch(watcher.connection, 'room:1')
  await a!.node.join(one.connection, 'room:1')
  await b!.node.join(two.connection, 'room:1')
  await a!.node.leave(one.connection, 'room:1')
  await clock.advance(5_000)
  t.equal(watcher.updates.length, 2)
  t.same(watcher.names('room:1'), ['ada'])
  await b!.node.leave(two.connection, 'room:1')
  await clock.advance(5_000)
  t.same(watcher.names('room:1'), [])
})

void t.test('a connection that ends has left after the grace, and a reconnect within it goes unseen', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  await b!.node.watch(watcher.connection, 'room:1')
  const first = connect('ada')
  await a!.node.join(first.connection, 'room:1')
  await clock.advance(100)
  a!.node.close(first.connection)
  await clock.advance(600)
  const second = connect('ada')
  await b!.node.join(second.connection, 'room:1')
  await clock.advance(3_000)
  t.equal(watcher.updates.length, 2)
  t.same(watcher.names('room:1'), ['ada'])
  b!.node.close(second.connection)
  await clock.advance(999)
  t.same(watcher.names('room:1'), ['ada'])
  await clock.advance(100)
  t.same(watcher.names('room:1'), [])
  t.same(a!.node.gauges, { connections: 0, pending: 0, watchedTopics: 0, watchers: 0 })
})

void t.test('who must not be present is refused, or passed over when nobody asked', async t => {
  const { nodes: [a], connect } = await cluster(1)
  const anonymous = connect(null)
  await t.rejects(a!.node.join(anonymous.connection, 'room:1'), { code: 'FRT_ERR_PRESENCE_ANONYMOUS' })
  a!.node.enter(anonymous.connection, 'room:1')
  const ada = connect('ada')
  await t.rejects(a!.node.join(ada.connection, 'no topic'), { code: 'FRT_ERR_PRESENCE_TOPIC' })
  await t.rejects(a!.node.members('no topic'), { code: 'FRT_ERR_PRESENCE_TOPIC' })
  await t.rejects(a!.node.watch(ada.connection, 'no topic'), { code: 'FRT_ERR_PRESENCE_TOPIC' })
  ada.state = 'closing'
  await a!.node.join(ada.connection, 'room:1')
  a!.node.enter(ada.connection, 'room:1')
  await a!.node.watch(ada.connection, 'room:1')
  await a!.node.leave(ada.connection, 'room:1')
  t.same(a!.node.gauges, { connections: 0, pending: 0, watchedTopics: 0, watchers: 0 })
  t.equal((await a!.node.members('room:1')).count, 0)
})

void t.test('an info that cannot be made is none', async t => {
  const { nodes: [a], connect } = await cluster(1, { info: () => { throw new Error('no info') } })
  await a!.node.join(connect('ada').connection, 'room:1')
  t.same((await a!.node.members('room:1')).members, [{ principal: 'ada' }])
  t.equal(a!.warnings.length, 1)
})

void t.test('a new info of a present connection is stored', async t => {
  const { nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  await a!.node.join(ada.connection, 'room:1', 'busy')
  await a!.node.join(ada.connection, 'room:1', 'busy')
  await a!.node.join(ada.connection, 'room:1', 'free')
  t.same((await a!.node.members('room:1')).members, [{ principal: 'ada', info: 'free' }])
  const both = [a!.node.join(ada.connection, 'room:2', 1), a!.node.join(ada.connection, 'room:2', 2)]
  await Promise.all(both)
  t.same((await a!.node.members('room:2')).members, [{ principal: 'ada', info: 2 }])
})

void t.test('a topic above the limit is told as a number about once a second, and as a list when it has shrunk', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2, { maxMembers: 5 })
  const watcher = connect('eve')
  const crowd = Array.from({ length: 20 }, (_, n) => connect(`p${n}`))
  await b!.node.watch(watcher.connection, 'room:1')
  for (const each of crowd) {
    await a!.node.join(each.connection, 'room:1')
    await clock.advance(100)
  }
  await clock.advance(2_000)
  t.equal(watcher.views.get('room:1')?.count, 20)
  t.equal(watcher.names('room:1'), undefined)
  t.ok(watcher.updates.length < 11, `${watcher.updates.length} updates`)
  t.same(await a!.node.members('room:1'), { topic: 'room:1', version: 20, count: 20 })
  for (const each of crowd.slice(3)) await a!.node.leave(each.connection, 'room:1')
  await clock.advance(2_000)
  t.same(watcher.names('room:1'), ['p0', 'p1', 'p2'])
})

void t.test('the members of a node that died vanish within the lease', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  await b!.node.watch(watcher.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  await b!.node.join(connect('bob').connection, 'room:1')
  // Right after a renewal, so that it takes as long as it can.
  await clock.advance(20_010)
  t.same(watcher.names('room:1'), ['ada', 'bob'])
  a!.broker.up = false
  await clock.advance(30_000)
  t.same(watcher.names('room:1'), ['bob'])
  a!.broker.up = true
  await a!.node.resume()
  await clock.advance(1_000)
  t.same(watcher.names('room:1'), ['ada', 'bob'], 'and are back when it was only away')
})

void t.test('a lost change is found at the next one, or when versions are compared', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  await b!.node.watch(watcher.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  b!.broker.lose = () => true
  await a!.node.join(connect('bob').connection, 'room:1')
  await clock.advance(200)
  b!.broker.lose = () => false
  await a!.node.join(connect('cyd').connection, 'room:1')
  await clock.advance(200)
  t.same(watcher.names('room:1'), ['ada', 'bob', 'cyd'])
  b!.broker.lose = () => true
  await a!.node.join(connect('dan').connection, 'room:1')
  await clock.advance(200)
  b!.broker.lose = () => false
  t.same(watcher.names('room:1'), ['ada', 'bob', 'cyd'])
  await clock.advance(11_000)
  t.same(watcher.names('room:1'), ['ada', 'bob', 'cyd', 'dan'])
})

void t.test('after an outage every view is read anew', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  await b!.node.watch(watcher.connection, 'room:1')
  b!.broker.up = false
  await a!.node.join(connect('ada').connection, 'room:1')
  await clock.advance(100)
  t.same(watcher.names('room:1'), [])
  b!.broker.up = true
  await b!.node.resume()
  await clock.advance(200)
  t.same(watcher.names('room:1'), ['ada'])
})

void t.test('while the broker is away a join says so, and is made up for', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  a!.broker.up = false
  await t.rejects(a!.node.join(ada.connection, 'room:1'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  const gone = connect('bob')
  a!.node.enter(gone.connection, 'room:1')
  a!.node.close(gone.connection)
  await clock.advance(2_000)
  t.equal(a!.node.gauges.pending, 1)
  a!.broker.up = true
  await a!.node.resume()
  await settle()
  t.same((await a!.node.members('room:1')).members?.map(({ principal }) => principal), ['ada'])
  t.equal(a!.node.gauges.pending, 0)
})

void t.test('a stopped node has left everything, at once', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const watcher = connect('eve')
  await b!.node.watch(watcher.connection, 'room:1')
  const crowd = Array.from({ length: 200 }, (_, n) => connect(`p${n}`))
  await Promise.all(crowd.map(each => a!.node.join(each.connection, 'room:1')))
  for (const each of crowd) a!.node.close(each.connection)
  await a!.node.stop()
  t.equal((await b!.node.members('room:1')).count, 0)
  await clock.advance(100)
  t.same(watcher.names('room:1'), [])
  await b!.node.stop()
  await a!.node.resume()
  t.equal(clock.timers, 1, 'only the hub sweeps on')
})

void t.test('frames of a raw route are its own', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const raw = new TestConnection('raw', 'rob', null)
  await a!.node.watch(raw.connection, 'room:1')
  await a!.node.join(connect('ada').connection, 'room:1')
  await clock.advance(100)
  t.same(raw.updates, [])
})
