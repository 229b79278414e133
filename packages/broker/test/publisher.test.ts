import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { createPublisher, memoryBroker, memoryHub } from '../src/index.ts'
import type { Broker, BrokerRecord } from '../src/index.ts'

async function listener (hub: ReturnType<typeof memoryHub>): Promise<{ readonly broker: Broker, readonly got: BrokerRecord[] }> {
  const broker = memoryBroker({ hub })
  const got: BrokerRecord[] = []
  await broker.start({ deliver: (record) => got.push(record), state () {} })
  return { broker, got }
}

void t.test('publishes to the nodes, with history and idempotency', async (t) => {
  const hub = memoryHub()
  const { broker, got } = await listener(hub)
  await broker.subscribe('topics', 'room:1')
  const clock = fakeClock()
  const publisher = await createPublisher({
    broker: memoryBroker({ hub }),
    clock,
    history: (topic) => topic.startsWith('room:') ? { size: 10, ttl: 60_000 } : undefined
  })
  const first = await publisher.publish('room:1', 'chat.message', { text: 'hi' }, { id: 'x', version: 1 })
  const again = await publisher.publish('room:1', 'chat.message', { text: 'hi' }, { id: 'x' })
  t.match(first, { id: 'x', duplicate: false, position: { offset: 1 } })
  t.match(again, { id: 'x', duplicate: true, position: first.position })
  const bare = await publisher.publish('price:1', 'tick')
  t.match(bare, { id: /^[0-9a-f-]{36}$/, duplicate: false, position: undefined })
  await publisher.stop()
  t.same(got, [{
    channel: 'topics',
    topic: 'room:1',
    event: 'chat.message',
    id: 'x',
    time: clock.time(),
    payload: '{"text":"hi"}',
    version: 1,
    position: first.position
  }])
  await broker.stop()
})

void t.test('it takes no notice of what the broker tells', async (t) => {
  const inner = memoryBroker()
  const telling: Broker = {
    name: 'telling',
    async start (sink) {
      await inner.start(sink)
      sink.state(false)
      sink.deliver({ channel: 'topics', topic: 't', event: 'e', id: 'i', time: 1, payload: 'x' })
    },
    publish: (...call) => inner.publish(...call),
    subscribe: (...call) => inner.subscribe(...call),
    unsubscribe: (...call) => inner.unsubscribe(...call),
    stop: () => inner.stop()
  }
  const publisher = await createPublisher({ broker: telling, guard: { timeout: 100 } })
  t.equal((await publisher.publish('t', 'e')).duplicate, false)
  await publisher.stop()
})

void t.test('no data is null, and no topic has a history unless it is said', async (t) => {
  const hub = memoryHub()
  const { broker, got } = await listener(hub)
  await broker.subscribe('topics', 't')
  const publisher = await createPublisher({ broker: memoryBroker({ hub }), guard: false })
  const { position } = await publisher.publish('t', 'e')
  await publisher.stop()
  t.equal(position, undefined)
  t.equal(got[0]?.payload, 'null')
  await t.rejects(publisher.publish('t', 'e'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await broker.stop()
})
