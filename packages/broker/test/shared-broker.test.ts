import t from 'tap'
import { BrokerUnavailableError, memoryBroker } from '../src/index.ts'
import type { Broker, BrokerRecord, BrokerSink, ChannelRecord } from '../src/index.ts'
import { SharedBrokerOwner } from '../src/shared-broker-owner.ts'

interface Line {
  readonly level: string
  readonly object: object
  readonly message: string
}

function log (): { readonly lines: Line[], readonly info: (o: object, m: string) => void, readonly warn: (o: object, m: string) => void, readonly error: (o: object, m: string) => void } {
  const lines: Line[] = []
  const at = (level: string) => (object: object, message: string) => { lines.push({ level, object, message }) }
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}

class ToldBroker implements Broker {
  readonly name = 'told'
  sink: BrokerSink | undefined
  failing: string | undefined
  stops = 0

  async start (sink: BrokerSink): Promise<void> {
    this.sink = sink
    if (this.failing === 'start') throw new BrokerUnavailableError('told', 'nobody is there')
  }

  async publish (): Promise<{ duplicate: boolean }> { return { duplicate: false } }
  async subscribe (): Promise<void> {}
  async unsubscribe (): Promise<void> {}

  async stop (): Promise<void> {
    this.stops++
    if (this.failing === 'stop') throw new BrokerUnavailableError('told', 'it does not stop')
  }
}

function record (topic: string): ChannelRecord {
  return { topic, event: 'e', id: 'i', time: 1, payload: '1' }
}

void t.test('a record goes to the channel it was published on, and to no other', async (t) => {
  const shared = new SharedBrokerOwner(memoryBroker, log())
  const got: string[] = []
  const topics = shared.open('topics', (delivered) => got.push(`topics ${delivered.topic} ${delivered.channel}`))
  shared.open('presence', () => got.push('presence'))
  await shared.start()
  await topics.subscribe('t')
  t.same(await topics.publish(record('t')), { duplicate: false })
  await topics.unsubscribe('t')
  await topics.subscribe('u')
  await topics.publish(record('u'))
  await shared.stop()
  t.same(got, ['topics t topics', 'topics u topics'])
  t.same(shared.counters, { published: 2, failed: 0, received: 2, malformed: 0 })
})

void t.test('a channel has one opener', async (t) => {
  const shared = new SharedBrokerOwner(memoryBroker, log())
  shared.open('topics', () => {})
  t.throws(() => shared.open('topics', () => {}), { code: 'FRT_ERR_BROKER_USE', message: /"topics" is taken/ })
})

void t.test('the broker is chosen once, and before the start', async (t) => {
  const shared = new SharedBrokerOwner(memoryBroker, log())
  t.equal(shared.name, 'unset')
  t.equal(shared.records, undefined)
  t.equal(shared.patterns, false)
  shared.use(new ToldBroker())
  t.throws(() => shared.use(memoryBroker()), { code: 'FRT_ERR_BROKER_USE', message: /told broker already/ })
  const started = new SharedBrokerOwner(memoryBroker, log())
  await started.start()
  t.throws(() => started.use(memoryBroker()), { code: 'FRT_ERR_BROKER_USE' })
  t.ok(started.history)
  t.equal(started.patterns, true)
  t.ok(started.presence)
  t.ok(started.records)
  await started.stop()
})

void t.test('work before the start and after the stop is refused', async (t) => {
  const shared = new SharedBrokerOwner(memoryBroker, log())
  const channel = shared.open('topics', () => {})
  await t.rejects(channel.publish(record('t')), { statusCode: 503, message: /not been started/ })
  t.throws(() => shared.require('history', 'broadcast'), { message: /not been started/ })
  await Promise.all([shared.start(), shared.start()])
  await Promise.all([shared.stop(), shared.stop()])
  await t.rejects(channel.subscribe('t'), { statusCode: 503, message: /stopped/ })
  await t.rejects(channel.unsubscribe('t'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  t.equal(shared.up, false)
  t.equal(shared.counters.failed, 1)
})

void t.test('require gives the capability, or the error that tells how to get it', async (t) => {
  const rich = new SharedBrokerOwner(memoryBroker, log())
  await rich.start()
  t.equal(rich.require('history', 'broadcast'), rich.history)
  await rich.stop()
  const poor = new SharedBrokerOwner(() => new ToldBroker(), log())
  await poor.start()
  t.throws(() => poor.require('presence', '@fastify-realtime/presence'), {
    code: 'FRT_ERR_BROKER_CAPABILITY',
    message: '@fastify-realtime/presence needs "presence", which the told broker lacks; use another broker, or let one lend it with combine()'
  })
  await poor.stop()
})

void t.test('outages are told once, logged, and not after the stop', async (t) => {
  const broker = new ToldBroker()
  const logged = log()
  const shared = new SharedBrokerOwner(() => broker, logged)
  const told: string[] = []
  shared.on('up', () => told.push('up'))
  const undo = shared.on('down', () => told.push('down'))
  await shared.start()
  t.equal(shared.up, true)
  broker.sink?.state(false)
  broker.sink?.state(false)
  t.equal(shared.up, false)
  broker.sink?.state(true)
  t.equal(shared.up, true)
  undo()
  broker.sink?.state(false)
  await shared.stop()
  broker.sink?.state(true)
  t.same(told, ['down', 'up'])
  t.same(logged.lines.map((line) => line.level), ['warn', 'info', 'warn'])
})

void t.test('a broker that goes away while it starts is away when it has started', async (t) => {
  const broker = new ToldBroker()
  const shared = new SharedBrokerOwner(() => broker, log())
  const starting = shared.start()
  broker.sink?.state(false)
  await starting
  t.equal(shared.up, false)
  broker.sink?.state(true)
  t.equal(shared.up, true)
})

void t.test('a listener and a receiver that throw are logged and harm nobody', async (t) => {
  const broker = new ToldBroker()
  const logged = log()
  const shared = new SharedBrokerOwner(() => broker, logged)
  shared.on('down', () => { throw new Error('listener') })
  shared.open('topics', () => { throw new Error('receiver') })
  await shared.start()
  broker.sink?.deliver({ ...record('t'), channel: 'topics' } satisfies BrokerRecord)
  broker.sink?.deliver({ ...record('t'), channel: 'nobody' })
  broker.sink?.state(false)
  t.same(logged.lines.filter((line) => line.level === 'error').map((line) => line.message),
    ['delivering a record failed', 'broker listener failed'])
  t.equal(shared.counters.received, 2)
})

void t.test('a start that fails is told to everybody who waits, and the broker is freed all the same', async (t) => {
  const broker = new ToldBroker()
  broker.failing = 'start'
  const shared = new SharedBrokerOwner(() => broker, log())
  await t.rejects(shared.start(), { message: /nobody is there/ })
  await t.rejects(shared.start(), { message: /nobody is there/ })
  await shared.stop()
  t.equal(broker.stops, 1)
})

void t.test('a broker that does not stop is logged, and the app closes', async (t) => {
  const broker = new ToldBroker()
  broker.failing = 'stop'
  const logged = log()
  const shared = new SharedBrokerOwner(() => broker, logged)
  await shared.start()
  await shared.stop()
  t.same(logged.lines.map((line) => line.message), ['broker did not stop cleanly'])
})
