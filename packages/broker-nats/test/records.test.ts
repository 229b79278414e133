import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { missing, NatsServer } from './nats-server.ts'
import { countOf, node, until } from './node.ts'

void t.test('records', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())

  await t.test('what has ended is freed by who wrote it, or who comes across it', async (t) => {
    const a = await node(t, server, { prefix: 'free' })
    const b = await node(t, server, { prefix: 'free' })
    const count = (): Promise<number> => countOf(a.connection, 'free.r.>')
    for (let n = 0; n < 15; n++) await a.broker.records.put(`claim:${n}`, '', 100)
    await a.broker.records.put('claim:0', 'anew', 60_000)
    await b.broker.records.put('other', '', 100)
    t.equal(await count(), 16)
    await sleep(200)
    // Each looks at ten of its own.
    await a.broker.records.put('x', '', 60_000)
    await a.broker.records.put('y', '', 60_000)
    t.equal(await a.broker.records.get('claim:0'), 'anew', 'what was put again lives')
    t.same((await a.broker.records.list('claim:')).map(({ key }) => key), ['claim:0'])
    t.equal(await a.broker.records.get('other'), undefined)
    await a.broker.records.get('x')
    t.equal(await count(), 3)
  })

  await t.test('a node remembers its living records in turn, and not without a bound', async (t) => {
    const { broker, connection } = await node(t, server, { prefix: 'own' })
    await Promise.all(Array.from({ length: 30 }, (_, n) => broker.records.put(`k:${n}`, '', n < 20 ? 60_000 : 50)))
    await sleep(100)
    for (let n = 0; n < 4; n++) await broker.records.put('x', '', 60_000)
    await broker.records.get('x')
    t.equal(await countOf(connection, 'own.r.>'), 21)
    // A part at a time: each answer has its deadline, on a busy machine too.
    for (let at = 0; at < 10_100; at += 505) {
      await Promise.all(Array.from({ length: 505 }, (_, n) => broker.records.put(`many:${at + n}`, '', 60_000)))
    }
    t.equal((await broker.records.list('many:')).length, 10_100, 'a long list comes in parts')
  })

  await t.test('a record that would outlive the stream is refused', async (t) => {
    const { broker } = await node(t, server, { prefix: 'long', recordTtl: 1_000 })
    await t.rejects(broker.records.put('k', 'v', 1_001), { code: 'FRT_ERR_BROKER_OPTION', message: /"recordTtl"/ })
    await broker.records.put('k', 'v', 1_000)
  })

  await t.test('nodes that race for what has ended agree on one', async (t) => {
    const nodes = await Promise.all([1, 2, 3].map(() => node(t, server, { prefix: 'claim' })))
    for (let round = 0; round < 5; round++) {
      const told = await Promise.all(nodes.flatMap(({ broker }) => [1, 2].map(() => broker.records.putIfAbsent('k', 'v', 60))))
      t.equal(told.filter(Boolean).length, 1)
      await until(() => true)
      await sleep(100)
    }
  })
})
