import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { memoryBroker, memoryHub } from '../../src/index.ts'

const sink = { deliver () {}, state () {} }

void t.test('a memory broker serves one app once', async (t) => {
  const broker = memoryBroker()
  await broker.start(sink)
  await t.rejects(broker.start(sink), { code: 'FRT_ERR_BROKER_USE', message: /memoryHub\(\)/ })
  await broker.stop()
  await t.rejects(broker.start(sink), { code: 'FRT_ERR_BROKER_USE' })
})

void t.test('records are local to the one node that can read them', async (t) => {
  t.equal(memoryBroker().records.local, true)
  t.equal(memoryBroker({ hub: memoryHub() }).records.local, false)
})

void t.test('work before the start is refused', async (t) => {
  const broker = memoryBroker()
  await t.rejects(broker.subscribe('c', 't'), { code: 'FRT_ERR_BROKER_UNAVAILABLE', statusCode: 503 })
  await t.rejects(broker.unsubscribe('c', 't'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await broker.stop()
})

void t.test('the sweep runs while a node lives, and frees what is too old', async (t) => {
  const clock = fakeClock()
  const hub = memoryHub({ clock })
  const [a, b] = [memoryBroker({ hub }), memoryBroker({ hub })]
  await a.start(sink)
  await b.start(sink)
  await a.records.put('k', 'v', 5_000)
  await a.publish({ channel: 'c', topic: 't', event: 'e', id: 'i', time: 1, payload: 'x' }, { history: { size: 1, ttl: 1 }, dedupe: 1 })
  await clock.pass(25_000)
  t.same(await b.records.list(''), [])
  t.equal(clock.pending, 1)
  await a.stop()
  t.equal(clock.pending, 1)
  await b.stop()
  t.equal(clock.pending, 0)
})

for (const option of ['maxTopics', 'maxBytes', 'maxIds', 'maxRecords'] as const) {
  void t.test(`${option} must be a whole number above 0`, async (t) => {
    for (const wrong of [0, -1, 1.5, Infinity, NaN]) {
      t.throws(() => memoryBroker({ [option]: wrong }), { code: 'FRT_ERR_BROKER_OPTION', message: new RegExp(`"${option}"`) })
    }
  })
}

void t.test('an option that is undefined is the default', async (t) => {
  t.equal(memoryBroker({ maxTopics: undefined } as never).name, 'memory')
})
