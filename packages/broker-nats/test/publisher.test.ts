import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { missing, NatsServer } from './nats-server.ts'
import { api, LIMITS, node, record, streamOf, until } from './node.ts'

void t.test('publisher', { skip: missing }, async (t) => {
  const server = await NatsServer.start()
  t.teardown(() => server.end())

  await t.test('a window of idempotency longer than the stream remembers is refused', async (t) => {
    const { broker } = await node(t, server, { prefix: 'window', dedupeWindow: 1_000 })
    await t.rejects(broker.publish(record('1'), { dedupe: 1_001 }), { code: 'FRT_ERR_BROKER_OPTION', message: /"dedupeWindow" must be at least the 1001/ })
    t.equal((await broker.publish(record('1'), { dedupe: 1_000 })).duplicate, false)
    t.equal((await broker.publish(record('1'), { dedupe: 1_000 })).duplicate, true)
  })

  await t.test('a short window is over when the message is old, again and again, whoever repeats it', async (t) => {
    const nodes = await Promise.all([node(t, server, { prefix: 'short' }), node(t, server, { prefix: 'short' })])
    for (let round = 0; round < 4; round++) {
      const results = await Promise.all(nodes.flatMap(({ broker }) => [1, 2].map(() => broker.publish(record('1'), { history: LIMITS, dedupe: 100 }))))
      t.equal(results.filter(({ duplicate }) => !duplicate).length, 1)
      t.equal(new Set(results.map(({ position }) => position?.offset)).size, 1)
      await sleep(150)
    }
  })

  await t.test('a message that is gone, and everything after it, is old', async (t) => {
    const { broker, connection } = await node(t, server, { prefix: 'gone' })
    await broker.publish(record('1'), { dedupe: 60_000 })
    t.equal((await broker.publish(record('1'), { dedupe: 1_000 })).duplicate, true)
    await api(connection, `STREAM.PURGE.${await streamOf(connection, 'gone.l.>')}`)
    t.equal((await broker.publish(record('1'), { dedupe: 60_000 })).duplicate, false)
  })

  await t.test('a topic and its pattern bring a record once, also while one of them ends', async (t) => {
    const { broker, got } = await node(t, server, { prefix: 'both' })
    await broker.subscribe('c', 'p:*')
    let going = true
    let sent = 0
    const publishing = (async () => {
      while (going) await broker.publish(record(String(sent++), { topic: 'p:1' }))
    })()
    for (let n = 0; n < 30; n++) {
      await broker.subscribe('c', 'p:1')
      await broker.unsubscribe('c', 'p:1')
    }
    going = false
    await publishing
    await until(() => got.length >= sent)
    t.same(got.map(({ id }) => id), Array.from({ length: sent }, (_, n) => String(n)))
  })
})
