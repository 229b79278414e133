import t from 'tap'
import { BrokerUnavailableError, combine, memoryBroker } from '../src/index.ts'
import type { Broker, BrokerRecord, BrokerSink, ChannelRecord } from '../src/index.ts'

class PlainBroker implements Broker {
  readonly name: string
  readonly calls: string[] = []
  malformed = 2
  broken: string | undefined
  sink: BrokerSink | undefined

  constructor (name: string) { this.name = name }

  async start (sink: BrokerSink): Promise<void> {
    this.sink = sink
    this.#call('start')
  }

  async publish (record: BrokerRecord): Promise<{ duplicate: boolean }> {
    this.#call(`publish ${record.id}`)
    return { duplicate: false }
  }

  async subscribe (channel: string, topic: string): Promise<void> { this.#call(`subscribe ${channel} ${topic}`) }
  async unsubscribe (channel: string, topic: string): Promise<void> { this.#call(`unsubscribe ${channel} ${topic}`) }
  async stop (): Promise<void> { this.#call('stop') }

  #call (name: string): void {
    this.calls.push(name)
    if (name === this.broken) throw new BrokerUnavailableError(this.name, 'it is broken')
  }
}

class KeepingBroker extends PlainBroker {
  readonly history = memoryBroker().history
}

function record (id: string): ChannelRecord & { channel: string } {
  return { channel: 'c', topic: 't', event: 'e', id, time: 1, payload: 'x' }
}

const sink: BrokerSink = { deliver () {}, state () {} }

void t.test('topics with history travel over the broker that keeps it, others over the base', async (t) => {
  const [base, keeper] = [new PlainBroker('base'), new KeepingBroker('keeper')]
  const broker = combine(base, { history: keeper })
  t.equal(broker.name, 'base+keeper')
  t.equal(broker.history, keeper.history)
  t.equal(broker.presence, undefined)
  t.equal(broker.records, undefined)
  t.equal(broker.malformed, 4)
  await broker.start(sink)
  await broker.subscribe('c', 't')
  await broker.publish(record('live'))
  await broker.publish(record('kept'), { history: { size: 1, ttl: 1 } })
  await broker.unsubscribe('c', 't')
  await broker.stop()
  t.same(base.calls, ['start', 'subscribe c t', 'publish live', 'unsubscribe c t', 'stop'])
  t.same(keeper.calls, ['start', 'subscribe c t', 'publish kept', 'unsubscribe c t', 'stop'])
})

void t.test('each broker is started and stopped once, whatever it lends', async (t) => {
  const whole = memoryBroker()
  const base = new PlainBroker('base')
  const broker = combine(base, { history: whole, presence: whole, records: whole })
  await broker.start(sink)
  t.equal(broker.name, 'base+memory')
  t.equal(broker.malformed, 2)
  await broker.stop()
})

void t.test('it is up while all of its parts are', async (t) => {
  const [base, keeper] = [new PlainBroker('base'), new KeepingBroker('keeper')]
  const states: boolean[] = []
  await combine(base, { history: keeper }).start({ deliver () {}, state: (up) => states.push(up) })
  base.sink?.state(false)
  keeper.sink?.state(false)
  base.sink?.state(true)
  t.same(states, [false])
  keeper.sink?.state(true)
  t.same(states, [false, true])
})

void t.test('a subscription that one part refuses is left at none', async (t) => {
  const [base, keeper] = [new PlainBroker('base'), new KeepingBroker('keeper')]
  keeper.broken = 'subscribe c t'
  const broker = combine(base, { history: keeper })
  await broker.start(sink)
  await t.rejects(broker.subscribe('c', 't'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  t.equal(base.calls.at(-1), 'unsubscribe c t')
})

void t.test('all parts are stopped, and the first failure is told', async (t) => {
  const [base, keeper] = [new PlainBroker('base'), new KeepingBroker('keeper')]
  base.broken = 'stop'
  const broker = combine(base, { history: keeper })
  await broker.start(sink)
  await t.rejects(broker.stop(), { message: /it is broken/ })
  t.equal(keeper.calls.at(-1), 'stop')
})

void t.test('a lender must have what it lends', async (t) => {
  t.throws(() => combine(new PlainBroker('base'), { records: new PlainBroker('poor') }), {
    code: 'FRT_ERR_BROKER_CAPABILITY', message: 'combine() needs "records", which the poor broker lacks; use another broker, or let one lend it with combine()'
  })
})
