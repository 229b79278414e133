import t from 'tap'
import { cluster, settle } from './fixtures/nodes.ts'

void t.test('what failed is tried again in the next round', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  a!.broker.failing = 'before'
  await t.rejects(a!.node.join(ada.connection, 'room:1'), { message: 'broker failed' })
  t.equal(a!.node.gauges.pending, 1)
  a!.broker.failing = false
  await clock.advance(11_000)
  t.equal((await a!.node.members('room:1')).count, 1)
  a!.broker.failing = 'before'
  a!.node.close(ada.connection)
  await clock.advance(2_000)
  t.equal((a!.node.gauges.pending), 1)
  a!.broker.failing = false
  await clock.advance(11_000)
  t.equal((await a!.node.members('room:1')).count, 0)
  t.equal(a!.node.gauges.pending, 0)
})

void t.test('joining and leaving in one turn ends with the last wish', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  const all = [
    a!.node.join(ada.connection, 'room:1'), a!.node.leave(ada.connection, 'room:1'), a!.node.join(ada.connection, 'room:1')
  ]
  await Promise.all(all)
  t.equal((await a!.node.members('room:1')).count, 1)
  await a!.node.leave(ada.connection, 'room:1')
  await a!.node.leave(ada.connection, 'room:1')
  t.equal((await a!.node.members('room:1')).count, 0)
  await clock.advance(100)
  t.equal(a!.node.gauges.connections, 0)
})

void t.test('a subscriber that departs soon and is back within the grace never left', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  a!.node.enter(ada.connection, 'room:1')
  a!.node.enter(connect('bob').connection, 'room:1')
  await settle()
  a!.node.depart(ada.connection, 'room:1', true)
  await clock.advance(500)
  a!.node.enter(ada.connection, 'room:1')
  await clock.advance(5_000)
  t.notOk(a!.broker.calls.includes('leave room:1'))
  a!.node.depart(ada.connection, 'room:1', false)
  await settle()
  t.equal((await a!.node.members('room:1')).count, 1)
  a!.node.depart(ada.connection, 'room:1', true)
})

void t.test('a connection may be in several topics, and leaves them with its end', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  const topics = ['room:1', 'room:2', 'room:3']
  const counts = async (): Promise<number[]> => await Promise.all(topics.map(async (topic) => (await a!.node.members(topic)).count))
  for (const topic of topics) await a!.node.join(ada.connection, topic)
  t.same(await counts(), [1, 1, 1])
  await a!.node.leave(ada.connection, 'room:2')
  t.same(await counts(), [1, 0, 1])
  a!.node.close(ada.connection)
  await clock.advance(5_000)
  t.same(await counts(), [0, 0, 0])
  t.equal(a!.node.gauges.connections, 0)
})

void t.test('leaves that wait for their grace share one timer', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const before = clock.timers
  for (let n = 0; n < 10; n++) {
    const each = connect(`p${n}`)
    await a!.node.join(each.connection, 'room:1')
    a!.node.close(each.connection)
    await clock.advance(150)
  }
  t.equal(clock.timers, before + 1)
  await clock.advance(2_000)
  t.equal((await a!.node.members('room:1')).count, 0)
  t.equal(clock.timers, before)
})

void t.test('a thousand joins are stored a bounded number at a time', async t => {
  const { nodes: [a], connect } = await cluster(1)
  let go = (): void => {}
  a!.broker.slowJoin = new Promise((resolve) => { go = resolve })
  const joins = Array.from({ length: 1_000 }, (_, n) => a!.node.join(connect(`p${n}`).connection, 'room:1'))
  await settle()
  t.equal(a!.broker.calls.filter(call => call === 'join room:1').length, 64)
  go()
  await Promise.all(joins)
  t.equal((await a!.node.members('room:1')).count, 1_000)
})

void t.test('a join that waits for its turn when the broker goes away is told so', async t => {
  const { nodes: [a], connect } = await cluster(1)
  let go = (): void => {}
  a!.broker.slowJoin = new Promise((resolve) => { go = resolve })
  const joins = Array.from({ length: 65 }, (_, n) => a!.node.join(connect(`p${n}`).connection, 'room:1'))
  a!.broker.up = false
  go()
  const outcomes = await Promise.allSettled(joins)
  t.equal(outcomes.filter(({ status }) => status === 'rejected').length, 65)
})

void t.test('a change that could not be told is logged, and the membership stands', async t => {
  const { clock, nodes: [a, b], connect } = await cluster(2)
  const eve = connect('eve')
  await b!.node.watch(eve.connection, 'room:1')
  a!.broker.mute = true
  await a!.node.join(connect('ada').connection, 'room:1')
  t.equal(a!.warnings.length, 1)
  await clock.advance(11_000)
  t.same(eve.names('room:1'), ['ada'])
})

void t.test('only one round runs at a time', async t => {
  const { nodes: [a] } = await cluster(1)
  await Promise.all([a!.node.resume(), a!.node.resume()])
  t.equal(a!.broker.calls.filter(call => call === 'reap').length, 1)
})

void t.test('members that were never stored need no leave', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  a!.broker.up = false
  for (let n = 0; n < 5_000; n++) {
    const each = connect(`p${n}`)
    a!.node.enter(each.connection, 'room:1')
    a!.node.close(each.connection)
  }
  await clock.advance(2_000)
  t.equal(a!.node.gauges.pending, 0)
})

void t.test('what is tried again for a connection that ended still leaves', async t => {
  const { clock, nodes: [a], connect } = await cluster(1)
  const ada = connect('ada')
  a!.broker.failing = 'after'
  await t.rejects(a!.node.join(ada.connection, 'room:1'), { message: 'broker failed' })
  a!.broker.failing = false
  a!.node.close(ada.connection)
  await a!.node.resume()
  await clock.advance(2_000)
  t.equal((await a!.node.members('room:1')).count, 0)
})
