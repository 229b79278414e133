import fc from 'fast-check'
import { test } from 'tap'
import { fails, played } from './model/play.ts'
import type { Command } from './model/play.ts'
import { connection, lose, stage } from './model/stage.ts'

const chosen = (...kinds: Array<Command['kind']>): fc.Arbitrary<Command> => fc.record({ kind: fc.constantFrom(...kinds), client: fc.nat(1) })
const command = (kind: Command['kind']): Command => ({ kind, client: 0 })

/** What is published is lost at first, then delivered too early, and in between everything else happens. */
const outage: fc.Arbitrary<Command[]> = fc.tuple(
  fc.array(chosen('publish', 'publish', 'subscribe', 'rest', 'disconnect'), { maxLength: 3 }),
  fc.array(chosen('publish', 'publish', 'subscribe', 'rest', 'down', 'unsubscribe'), { maxLength: 3 })
).map(([lost, early]) => [command('down'), ...lost, command('hear'), ...early, command('up')])

const commands: fc.Arbitrary<Command[]> = fc.array(fc.oneof(
  { weight: 2, arbitrary: outage },
  { weight: 3, arbitrary: fc.tuple(chosen('subscribe', 'subscribe', 'publish', 'rest', 'unsubscribe', 'disconnect')) },
  { weight: 1, arbitrary: fc.tuple(chosen('down', 'up', 'forget', 'kick', 'check')) }
), { maxLength: 8 }).map((rest) => [command('subscribe'), command('rest'), ...rest.flat()])

test('whatever an outage swallows, everybody gets it in order or is told of the loss', async () => {
  await fc.assert(played(commands), { numRuns: 400 })
})

test('without a look at what an outage swallowed this fails', async (t) => {
  t.ok(await fails(commands, { change: ({ outages }) => { outages.down = () => {} } }))
})

const options = { topics: { a: { history: true }, b: {} } }
const told = { type: 'unsubscribed', topic: 'a', code: 'position-lost' }

test('after an outage whoever missed something is told, and nobody else', async (t) => {
  const node = await stage({ topics: { ...options.topics, c: { history: true } } })
  const { broadcast, parts, join, settled } = node
  const [ada, bob, eve] = [connection('ada'), connection('bob'), connection('eve')]
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  await join(bob, 'c')
  await join(eve, 'a')
  parts.outages.down()
  parts.outages.down()
  await lose(node)
  // What comes after the outage hides nothing.
  await broadcast.publish('a', 'm', 2)
  await settled()
  await parts.outages.up()
  for (const reader of [ada, eve]) t.match(reader.received.at(-1), told)
  t.same(bob.received, [])
  await parts.outages.up()
  t.equal(broadcast.counters.positionsLost, 2)
})

test('what could not be asked when the broker came back is asked with the next check', async (t) => {
  const node = await stage(options)
  const { broker, parts, join, logged } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.outages.down()
  await lose(node)
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async () => { throw new Error('not yet') }
  await parts.outages.up()
  t.match(logged, [{ err: { message: 'not yet' }, topic: 'a' }])
  broker.history.position = position
  node.up = false
  await parts.check.check()
  t.same(ada.received, [], 'an absent broker is not asked')
  node.up = true
  await parts.check.check()
  t.match(ada.received, [told])
})

test('what came first after an outage proves nothing about what did not', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.outages.down()
  await lose(node)
  await broadcast.publish('a', 'm', 2)
  await settled()
  await parts.outages.up()
  t.match(ada.received.at(-1), told)
})

test('what comes after an outage is sent to nobody who may have missed something before it', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const ada = connection('ada')
  const since = (await join(ada, 'a')).position!
  parts.outages.down()
  await lose(node)
  await broadcast.publish('a', 'm', 2)
  await settled()
  t.same(ada.received, [], 'or it would go on from there, and never ask for the lost one')
  await parts.outages.up()
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
  parts.outages.down()
  await lose(node)
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async (...args) => {
    await broadcast.publish('a', 'm', 2)
    await settled()
    broker.history.position = position
    await join(ada, 'a')
    return position(...args)
  }
  await parts.outages.up()
  t.match(ada.received, [told])
  await parts.outages.up()
  t.equal(broadcast.counters.subscriptions, 1, 'whoever came back has everything')
})

test('an outage that begins while the one before is judged is judged with it', async (t) => {
  const node = await stage(options)
  const { broker, parts, join } = node
  const ada = connection('ada')
  await join(ada, 'a')
  parts.outages.down()
  const position = broker.history.position.bind(broker.history)
  broker.history.position = async (...args) => {
    const before = await position(...args)
    parts.outages.down()
    await lose(node)
    return before
  }
  await parts.outages.up()
  t.same(ada.received, [])
  broker.history.position = position
  await Promise.all([parts.outages.up(), parts.outages.up()])
  t.match(ada.received, [told])
})

test('whoever reads the history while the broker goes away is asked to try again', async (t) => {
  const { broker, parts, join } = await stage(options)
  const { position } = await join(connection('ada'), 'a')
  const read = broker.history.read.bind(broker.history)
  broker.history.read = async (...args) => {
    const page = await read(...args)
    parts.outages.down()
    return page
  }
  await t.rejects(join(connection('bob'), 'a', { since: position! }), { code: 'FRT_ERR_SUBSCRIPTION_BUSY', statusCode: 503 })
})

test('what was read before the broker was back is not joined to what comes after it', async (t) => {
  const node = await stage(options)
  const { broadcast, broker, parts, join, settled } = node
  const ada = connection('ada')
  await join(connection('bob'), 'a')
  node.up = false
  parts.outages.down()
  const read = broker.history.read.bind(broker.history)
  const position = (await join(connection('eve'), 'a')).position!
  broker.history.read = async (...args) => {
    const page = await read(...args)
    broker.history.read = read
    await lose(node)
    node.up = true
    await parts.outages.up()
    await broadcast.publish('a', 'm', 2)
    await settled()
    return page
  }
  await t.rejects(join(ada, 'a', { since: position }), { code: 'FRT_ERR_SUBSCRIPTION_BUSY' })
  t.same(ada.data, [])
})

test('a topic that begins during an outage is in doubt like the others', async (t) => {
  const node = await stage(options)
  const { broadcast, parts, join, settled } = node
  const ada = connection('ada')
  node.up = false
  parts.outages.down()
  await join(ada, 'a')
  await join(connection('bob'), 'b')
  await lose(node)
  await broadcast.publish('a', 'm', 2)
  await settled()
  node.up = true
  await parts.outages.up()
  t.match(ada.received, [told])
})

test('whoever subscribes when others have lost their position does not begin at the lost one', async (t) => {
  const node = await stage(options)
  const { broadcast, broker, parts, join, settled } = node
  const [ada, bob, eve] = [connection('ada'), connection('bob'), connection('eve')]
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  parts.outages.down()
  await lose(node)
  // Read behind what was lost, so it is no loss to bob.
  await join(bob, 'a', { latest: true })
  await parts.outages.up()
  t.match(ada.received.at(-1), told)
  const { position } = await join(eve, 'a')
  t.same(position, await broker.history.position('topics', 'a'))
})

test('what comes too early is not joined to a read that began before it', async (t) => {
  const node = await stage(options)
  const { broadcast, broker, parts, join, settled } = node
  const { position } = await join(connection('ada'), 'a')
  parts.outages.down()
  const read = broker.history.read.bind(broker.history)
  broker.history.read = async (...args) => {
    const page = await read(...args)
    await lose(node)
    await broadcast.publish('a', 'm', 2)
    await settled()
    return page
  }
  const bob = connection('bob')
  await t.rejects(join(bob, 'a', { since: position! }), { code: 'FRT_ERR_SUBSCRIPTION_BUSY' })
  t.same(bob.data, [])
})
