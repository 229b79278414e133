import Fastify from 'fastify'
import t from 'tap'
import { BrokerUnavailableError, broker, memoryBroker } from '../src/index.ts'
import type { Broker } from '../src/index.ts'

void t.test('uses the broker that it is given, under a guard unless that is off', async (t) => {
  for (const bounds of [undefined, { timeout: 100 }, false] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    const own = memoryBroker()
    await app.register(broker, { use: own, ...bounds !== undefined && { guard: bounds } })
    await app.ready()
    t.equal(app.broker.records === own.records, bounds === false)
    t.equal(app.broker.up, true)
  }
})

void t.test('registered twice it refuses to boot', async (t) => {
  const app = Fastify()
  await app.register(broker, { use: memoryBroker() })
  await t.rejects(async () => { await app.register(broker, { use: memoryBroker() }) }, { code: 'FRT_ERR_BROKER_USE' })
})

void t.test('something that is no broker refuses to boot', async (t) => {
  const app = Fastify()
  await t.rejects(async () => { await app.register(broker, { use: { name: 'no' } as Broker }) }, {
    code: 'FRT_ERR_BROKER_OPTION', message: /"use" must be a broker, but something without publish\(\) came/
  })
})

void t.test('a broker that cannot start keeps the app from getting ready', async (t) => {
  const app = Fastify()
  const own = memoryBroker()
  const dead: Broker = {
    name: 'dead',
    start: async () => { throw new BrokerUnavailableError('dead', 'nobody is there') },
    publish: (...call) => own.publish(...call),
    subscribe: (...call) => own.subscribe(...call),
    unsubscribe: (...call) => own.unsubscribe(...call),
    stop: async () => {}
  }
  await app.register(broker, { use: dead })
  await t.rejects(async () => { await app.ready() }, { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await app.close()
})

void t.test('an unavailable broker is an HTTP 503 with Retry-After', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', async () => { throw new BrokerUnavailableError('redis', 'it is away', { cause: new Error('ECONNREFUSED') }) })
  const response = await app.inject('/')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '1')
  t.match(response.json(), { code: 'FRT_ERR_BROKER_UNAVAILABLE', message: 'The redis broker is unavailable: it is away' })
})
