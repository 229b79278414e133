import { test } from 'tap'
import { connection, lose, stage } from './model/stage.ts'

const options = { topics: { a: { history: true }, b: {} } }

const told = { type: 'unsubscribed', topic: 'a', code: 'position-lost' }

test('a publication that never came ends the subscription at the next check', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const [ada, bob] = [connection('ada'), connection('bob')]
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  await join(bob, 'b')
  await lose(node)
  await parts.check.check()
  t.same(ada.data, [1], 'it may still be on its way')
  await parts.check.check()
  t.match(ada.received.at(-1), told)
  t.same(bob.received, [])
  t.match(broadcast.counters, { positionsLost: 1, subscriptions: 1 })
})

test('so it does for whoever the node never delivered anything to', async (t) => {
  const node = await stage(options)
  const ada = connection('ada')
  await node.join(ada, 'a')
  await lose(node)
  await node.parts.check.check()
  await node.parts.check.check()
  t.match(ada.received, [told])
})

test('subscribers that have everything stay', async (t) => {
  const { broadcast, parts, join, settled } = await stage(options)
  const ada = connection('ada')
  await join(ada, 'a')
  for (let n = 0; n < 3; n++) {
    await parts.check.check()
    await broadcast.publish('a', 'm', n)
    await settled()
  }
  t.same(ada.data, [0, 1, 2])
  t.equal(broadcast.counters.positionsLost, 0)
})

test('a history that was lost ends the subscription at once', async (t) => {
  const { broker, broadcast, parts, join, settled } = await stage(options)
  const ada = connection('ada')
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  broker.history.position = async () => ({ epoch: 'new', offset: 1 })
  await parts.check.check()
  t.match(ada.received.at(-1), told)
})

test('a record that comes while the position is asked judges for itself', async (t) => {
  const { broker, parts, join } = await stage(options)
  const ada = connection('ada')
  const { position } = await join(ada, 'a')
  const record = { channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '1' }
  broker.history.position = async () => {
    parts.delivery.deliver({ ...record, position: { ...position!, offset: position!.offset + 1 } })
    return { epoch: 'older', offset: 1 }
  }
  await parts.check.check()
  t.same(ada.data, [1])
  t.equal(ada.received.length, 1)
})

test('many topics are checked over many turns', async (t) => {
  const { broadcast, broker, parts, join, settled } = await stage({ topics: { 'a:*': { history: true } } })
  for (let n = 0; n < 100; n++) await join(connection(), `a:${n}`)
  let asked = 0
  const position = broker.history.position.bind(broker.history)
  broker.history.position = (...args) => { asked++; return position(...args) }
  const checked = parts.check.check()
  await settled()
  t.ok(asked > 0 && asked < 100)
  await checked
  t.equal(asked, 100)
  t.equal(broadcast.counters.positionsLost, 0)
})

test('checks come at their interval until they are stopped', async (t) => {
  const node = await stage({ ...options, positionCheck: 20_000 })
  const { broker, clock, parts, join, settled } = node
  let asked = 0
  await join(connection('ada'), 'a')
  const position = broker.history.position.bind(broker.history)
  broker.history.position = (...args) => { asked++; return position(...args) }
  const turn = async (ms: number): Promise<number> => {
    clock.advance(ms)
    await settled()
    return asked
  }
  parts.check.start()
  t.equal(await turn(19_999), 0)
  t.equal(await turn(1), 1)
  t.equal(await turn(20_000), 2)
  clock.advance(20_000)
  parts.check.stop()
  await settled()
  t.equal(await turn(60_000), 3)
  parts.check.stop()
  const off = await stage({ positionCheck: false })
  const { pending } = off.clock
  off.parts.check.start()
  t.equal(off.clock.pending, pending)
})

