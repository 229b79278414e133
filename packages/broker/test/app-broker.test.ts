import Fastify from 'fastify'
import t from 'tap'
import { broker, memoryBroker, sharedBroker } from '../src/index.ts'
import type { BrokerRecord, ChannelRecord } from '../src/index.ts'

function record (topic: string, id: string): ChannelRecord {
  return { topic, event: 'e', id, time: 1, payload: '1' }
}

void t.test('every caller on one app gets the same broker, in any scope and order', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const seen: unknown[] = []
  app.register(async (child) => { seen.push(sharedBroker(child)) })
  app.register(broker)
  app.register(async (child) => { seen.push(sharedBroker(child)) })
  await app.ready()
  t.equal(seen[0], app.broker)
  t.equal(seen[1], app.broker)
  t.equal(app.broker, sharedBroker(app))
})

void t.test('two apps do not share', async (t) => {
  t.not(sharedBroker(Fastify()), sharedBroker(Fastify()))
})

void t.test('an app that chose nothing gets the memory broker when it is ready', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const shared = sharedBroker(app)
  t.equal(shared.up, false)
  await app.ready()
  t.equal(shared.name, 'memory')
  t.equal(shared.up, true)
})

void t.test('the broker outlives the onClose hooks of those who asked for it', async (t) => {
  const app = Fastify()
  let last = ''
  await app.register(broker, { use: memoryBroker() })
  await app.register(async (child) => {
    const shared = sharedBroker(child)
    const got: BrokerRecord[] = []
    const channel = shared.open('topics', (record) => got.push(record))
    child.addHook('onReady', async () => { await shared.start(); await channel.subscribe('a') })
    child.addHook('onClose', async () => {
      await channel.publish(record('a', 'bye'))
      await new Promise(setImmediate)
      last = got.map((record) => record.id).join()
    })
  })
  await app.ready()
  await app.close()
  t.equal(last, 'bye')
  t.equal(app.broker.up, false)
})

void t.test('closing an app that never got ready is fine', async (t) => {
  const app = Fastify()
  const shared = sharedBroker(app)
  await app.close()
  t.equal(shared.up, false)
})
