import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { BrokerUnavailableError, guard, memoryBroker } from '../../src/index.ts'
import type { Broker, BrokerRecord, BrokerSink, GuardOptions } from '../../src/index.ts'

let count = 0

function record (payload = 'x'): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id: `i${++count}`, time: 1, payload }
}

/** A broker whose calls settle when the test says so. */
class SickBroker implements Broker {
  readonly name = 'sick'
  readonly calls: string[] = []
  readonly settle: Array<(error?: Error) => void> = []
  well = false
  sink: BrokerSink | undefined

  async start (sink: BrokerSink): Promise<void> {
    this.sink = sink
    await this.#call('start')
  }

  async publish (): Promise<{ duplicate: boolean }> {
    await this.#call('publish')
    return { duplicate: false }
  }

  subscribe (): Promise<void> { return this.#call('subscribe') }
  unsubscribe (): Promise<void> { return this.#call('unsubscribe') }
  stop (): Promise<void> { return this.#call('stop') }

  #call (name: string): Promise<void> {
    this.calls.push(name)
    if (this.well) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.settle.push((error) => {
        if (error === undefined) resolve()
        else reject(error)
      })
    })
  }
}

async function build (options: GuardOptions = {}): Promise<{
  readonly clock: FakeClock, readonly sick: SickBroker, readonly guarded: Broker, readonly states: boolean[]
}> {
  const clock = fakeClock()
  const sick = new SickBroker()
  const states: boolean[] = []
  const guarded = guard(sick, { clock, ...options })
  sick.well = true
  await guarded.start({ deliver () {}, state: (up) => states.push(up) })
  sick.well = false
  return { clock, sick, guarded, states }
}

void t.test('a call that takes too long is refused in time, and says that it may be done all the same', async (t) => {
  const { clock, guarded } = await build({ timeout: 2_000 })
  const refused = t.rejects(guarded.publish(record()), {
    code: 'FRT_ERR_BROKER_UNAVAILABLE', statusCode: 503, headers: { 'retry-after': '1' }, message: /2000 ms.*all the same/
  })
  await clock.pass(2_000)
  await refused
})

void t.test('after so many failures nothing is tried, the state is told, and a probe finds the recovery', async (t) => {
  const { clock, sick, guarded, states } = await build({ failures: 3, timeout: 100, probeInterval: 50 })
  const work = Array.from({ length: 3 }, () => t.rejects(guarded.publish(record()), { message: /did not answer/ }))
  await clock.pass(100)
  await Promise.all(work)
  t.same(states, [false])
  const calls = sick.calls.length
  await t.rejects(guarded.publish(record()), { message: /failed too often/ })
  await t.rejects(guarded.subscribe('c', 't'), { message: /failed too often/ })
  t.equal(sick.calls.length, calls)
  await clock.pass(150)
  t.same(states, [false], 'the first probe hangs too')
  sick.well = true
  await clock.pass(100)
  t.same(states, [false, true])
  t.same(await guarded.publish(record()), { duplicate: false })
})

void t.test('an error that is not about availability does not count', async (t) => {
  const { sick, guarded, states } = await build({ failures: 1 })
  const refused = t.rejects(guarded.publish(record()), { message: 'a bug' })
  sick.settle[0]?.(new TypeError('a bug'))
  await refused
  t.same(states, [])
})

void t.test('too many waiting calls, or bytes, are refused until the broker is done with some', async (t) => {
  const { clock, sick, guarded } = await build({ maxWaiting: 2, maxBytes: 10_000, timeout: 100, failures: 100 })
  const first = t.rejects(guarded.publish(record('x'.repeat(9_000))))
  await t.rejects(guarded.publish(record('x'.repeat(9_000))), { message: /too much waits/ })
  const second = t.rejects(guarded.publish(record()))
  await t.rejects(guarded.publish(record()), { message: /too much waits/ })
  await clock.pass(100)
  await Promise.all([first, second])
  await t.rejects(guarded.publish(record()), { message: /too much waits/ }, 'the broker still holds what timed out')
  for (const settle of sick.settle) settle()
  await new Promise(setImmediate)
  sick.well = true
  t.same(await guarded.publish(record()), { duplicate: false })
})

void t.test('a subscription that comes after its deadline is taken back, unless it is wanted again', async (t) => {
  const { clock, sick, guarded } = await build({ timeout: 100 })
  const late = t.rejects(guarded.subscribe('c', 't'))
  await clock.pass(100)
  await late
  sick.well = true
  sick.settle[0]?.()
  await new Promise(setImmediate)
  t.same(sick.calls, ['start', 'subscribe', 'unsubscribe'])

  sick.well = false
  const again = t.rejects(guarded.subscribe('c', 't'))
  await clock.pass(100)
  await again
  sick.well = true
  await guarded.subscribe('c', 't')
  sick.settle[1]?.()
  await new Promise(setImmediate)
  t.same(sick.calls.slice(3), ['subscribe', 'subscribe'])
})

void t.test('unsubscribe is tried even when nothing else is', async (t) => {
  const { clock, sick, guarded } = await build({ failures: 1, timeout: 100 })
  const refused = t.rejects(guarded.publish(record()))
  await clock.pass(100)
  await refused
  sick.well = true
  await guarded.unsubscribe('c', 't')
  t.equal(sick.calls.at(-1), 'unsubscribe')
})

void t.test('what the broker says about itself is passed on, once', async (t) => {
  const { sick, states } = await build()
  sick.sink?.state(true)
  sick.sink?.state(false)
  sick.sink?.state(false)
  sick.sink?.state(true)
  t.same(states, [false, true])
})

void t.test('a broker that says that it is back closes the breaker', async (t) => {
  const { clock, sick, guarded, states } = await build({ failures: 1, timeout: 100 })
  const refused = t.rejects(guarded.publish(record()))
  await clock.pass(100)
  await refused
  sick.sink?.state(true)
  t.same(states, [false, true])
})

void t.test('a start and a stop that hang are given up', async (t) => {
  const clock = fakeClock()
  const sick = new SickBroker()
  const guarded = guard(sick, { clock, startTimeout: 500 })
  const started = t.rejects(guarded.start({ deliver () {}, state () {} }), { message: /did not start within 500 ms/ })
  await clock.pass(500)
  await started
  const stopped = t.rejects(guarded.stop(), { message: /did not stop within 500 ms/ })
  await clock.pass(500)
  await stopped
  t.equal(clock.pending, 0)
})

void t.test('a state told while the start is under way is told when it has settled', async (t) => {
  const sick = new SickBroker()
  const states: boolean[] = []
  const guarded = guard(sick)
  const starting = guarded.start({ deliver () {}, state: (up) => states.push(up) })
  sick.sink?.state(false)
  sick.settle[0]?.()
  await starting
  t.same(states, [false])
  sick.well = true
  await guarded.stop()
})

void t.test('capabilities are those of the broker, under the same guard', async (t) => {
  const none = guard(new SickBroker())
  t.same([none.history, none.presence, none.records], [undefined, undefined, undefined])
  t.equal(none.malformed, 0)
  t.equal(none.patterns, false)
  const inner = memoryBroker()
  const broken: Broker = {
    ...inner,
    name: 'broken',
    start: (sink) => inner.start(sink),
    publish: (...call) => inner.publish(...call),
    subscribe: (...call) => inner.subscribe(...call),
    unsubscribe: (...call) => inner.unsubscribe(...call),
    stop: () => inner.stop(),
    malformed: 3,
    records: { ...inner.records, list: async () => { throw new BrokerUnavailableError('broken', 'it is a test') } }
  }
  const states: boolean[] = []
  const guarded = guard(broken, { failures: 1 })
  await guarded.start({ deliver () {}, state: (up) => states.push(up) })
  await t.rejects(async () => { await guarded.records?.list('') }, { message: /it is a test/ })
  t.same(states, [false])
  t.equal(guarded.malformed, 3)
  await guarded.stop()
})

void t.test('options must be whole milliseconds and counts', async (t) => {
  for (const wrong of [0, -1, Infinity, NaN, 2 ** 31, 1.5]) {
    t.throws(() => guard(memoryBroker(), { timeout: wrong }), { code: 'FRT_ERR_BROKER_OPTION', message: /guard\.timeout/ })
  }
})
