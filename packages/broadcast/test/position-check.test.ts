import { test } from 'tap'
import { connection, stage } from './model/stage.ts'
import type { Stage } from './model/stage.ts'

const options = { topics: { a: { history: true }, b: {} } }

/** Publishes without the node getting it. */
async function lose ({ broker, parts }: Stage): Promise<void> {
  const deliver = parts.delivery.deliver.bind(parts.delivery)
  parts.delivery.deliver = () => {}
  await broker.publish({ channel: 'topics', topic: 'a', event: 'm', id: 'lost', time: 1, payload: '"lost"' }, { history: { size: 100, ttl: 300_000 } })
  await new Promise((resolve) => { setImmediate(resolve) })
  parts.delivery.deliver = deliver
}

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

test('after an outage whoever missed something is told, and nobody else', async (t) => {
  const node = await stage({ topics: { ...options.topics, c: { history: true } } })
  const { broadcast, parts, join, settled } = node
  const [ada, bob, eve] = [connection('ada'), connection('bob'), connection('eve')]
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  await join(bob, 'c')
  await join(eve, 'a')
  parts.check.down()
  parts.check.down()
  await lose(node)
  // What comes after the outage hides nothing.
  await broadcast.publish('a', 'm', 2)
  await settled()
  await parts.check.up()
  for (const reader of [ada, eve]) t.match(reader.received.at(-1), told)
  t.same(bob.received, [])
  await parts.check.up()
  t.equal(broadcast.counters.positionsLost, 2)
})

test('what could not be asked when the broker came back is asked with the next check', async (t) => {
  const node = await stage(options)
  const { broker, parts, join, logged } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.check.down()
  await lose(node)
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async () => { throw new Error('not yet') }
  await parts.check.up()
  t.match(logged, [{ err: { message: 'not yet' }, topic: 'a' }])
  broker.history.position = position
  node.up = false
  await parts.check.check()
  t.same(ada.received, [], 'an absent broker is not asked')
  node.up = true
  await parts.check.check()
  t.match(ada.received, [told])
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

test('what came first after an outage proves nothing about what did not', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.check.down()
  await lose(node)
  await broadcast.publish('a', 'm', 2)
  await settled()
  await parts.check.up()
  t.match(ada.received.at(-1), told)
})

test('what comes after an outage is sent to nobody who may have missed something before it', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const ada = connection('ada')
  const since = (await join(ada, 'a')).position!
  parts.check.down()
  await lose(node)
  await broadcast.publish('a', 'm', 2)
  await settled()
  t.same(ada.received, [], 'or it would go on from there, and never ask for the lost one')
  await parts.check.up()
  t.match(ada.received, [told])
  const { recovered, publications } = await join(ada, 'a', { since })
  t.equal(recovered, true)
  t.same(publications?.map(({ data }) => data), ['lost', 2])
  await broadcast.publish('a', 'm', 3)
  await settled()
  t.same(ada.data, [3], 'judged once')
})

test('what comes while an outage is judged judges it', async (t) => {
  const node = await stage(options)
  const { broadcast, broker, parts, join, settled } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.check.down()
  await lose(node)
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async (...args) => {
    await broadcast.publish('a', 'm', 2)
    await settled()
    broker.history.position = position
    await join(ada, 'a')
    return position(...args)
  }
  await parts.check.up()
  t.match(ada.received, [told])
  await parts.check.up()
  t.equal(broadcast.counters.subscriptions, 1, 'whoever came back has everything')
})

test('an outage that begins while the one before is judged is judged with it', async (t) => {
  const node = await stage(options)
  const { broker, parts, join } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.check.down()
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async (...args) => {
    const before = await position(...args)
    parts.check.down()
    await lose(node)
    return before
  }
  await parts.check.up()
  t.same(ada.received, [])
  broker.history.position = position
  await Promise.all([parts.check.up(), parts.check.up()])
  t.match(ada.received, [told])
})

test('whoever reads the history while the broker goes away is asked to try again', async (t) => {
  const { broker, parts, join } = await stage(options)
  const { position } = await join(connection('ada'), 'a')
  const read = broker.history.read.bind(broker.history)
  broker.history.read = async (...args) => {
    const page = await read(...args)
    parts.check.down()
    return page
  }
  await t.rejects(join(connection('bob'), 'a', { since: position! }), { code: 'FRT_ERR_SUBSCRIPTION_BUSY', statusCode: 503 })
})
