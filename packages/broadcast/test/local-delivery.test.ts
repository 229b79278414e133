import { setImmediate as turn } from 'node:timers/promises'
import { broker as brokerPlugin, BrokerUnavailableError, memoryBroker } from '@fastify-realtime/broker'
import type { BrokerRecord, ChannelRecord, PublishOptions, PublishResult } from '@fastify-realtime/broker'
import { fakeClock } from '@fastify-realtime/testing'
import type { FakeClock } from '@fastify-realtime/testing'
import { test } from 'tap'
import { LocalDelivery } from '../src/local-delivery.ts'
import { open, serve } from './harness.ts'
import { connection, stage } from './model/stage.ts'

interface Rig {
  readonly local: LocalDelivery
  readonly clock: FakeClock
  /** The ids that reached this node's subscribers. */
  readonly got: string[]
  /** Publishes the id; the broker answers when `answer` or `fail` is called. */
  readonly publish: (id: string, options?: PublishOptions) => Promise<PublishResult>
  readonly answer: (id: string) => void
  readonly fail: (id: string, error?: Error) => void
  /** The broker brings the record. */
  readonly bring: (id: string, topic?: string) => void
  readonly state: { up: boolean }
}

function record (id: string, topic = 'price:x'): ChannelRecord {
  return { topic, event: 'e', id, time: 1, payload: '1' }
}

function rig (): Rig {
  const clock = fakeClock()
  const got: string[] = []
  const state = { up: true }
  const calls = new Map<string, PromiseWithResolvers<PublishResult>>()
  const take = ({ id }: BrokerRecord): void => { got.push(id) }
  const local = new LocalDelivery({
    channel: {
      publish ({ id }) {
        const call = withResolvers<PublishResult>()
        calls.set(id, call)
        return call.promise
      }
    },
    broker: state,
    clock,
    idempotencyWindow: 300_000,
    deliver: take
  })
  return {
    local,
    clock,
    got,
    state,
    publish: (id, options = {}) => local.publish(record(id), options),
    answer: (id) => calls.get(id)?.resolve({ duplicate: false }),
    fail: (id, error = new BrokerUnavailableError('slow', 'it did not answer')) => calls.get(id)?.reject(error),
    bring (id, topic) {
      const brought = { ...record(id, topic), channel: 'topics' }
      if (local.admits(brought)) take(brought)
    }
  }
}

// Node 20 has no Promise.withResolvers.
interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (error: Error) => void
}

function withResolvers<Value> (): PromiseWithResolvers<Value> {
  let settle: Omit<PromiseWithResolvers<Value>, 'promise'> | undefined
  const promise = new Promise<Value>((resolve, reject) => { settle = { resolve, reject } })
  if (settle === undefined) throw new Error('unreachable')
  return { promise, ...settle }
}

test('while the broker is there, it alone delivers', async (t) => {
  const { local, got, publish, answer, bring } = rig()
  bring('of another node')
  const publishing = publish('a')
  bring('a')
  answer('a')
  t.same(await publishing, { duplicate: false })
  await turn()
  t.same(got, ['of another node', 'a'])
  t.equal(local.size, 0, 'nothing is kept')
})

test('while it is away, publications go out here, in order, on a later turn, and the broker is not asked', async (t) => {
  const { local, got, publish, bring } = rig()
  local.down()
  t.same(await Promise.all(['a', 'b', 'c'].map((id) => publish(id))), Array(3).fill({ duplicate: false, local: true }))
  t.same(got, [], 'never inside publish()')
  await turn()
  t.same(got, ['a', 'b', 'c'])
  t.equal(local.size, 0, 'what the broker never got is not remembered')
  local.up()
  const back = publish('d')
  t.equal(local.size, 1, 'the broker is asked again')
  bring('d')
  t.same(got, ['a', 'b', 'c', 'd'])
  back.catch(() => {})
})

test('what the broker did not answer goes out here, and not again when it brings it after all', async (t) => {
  const { got, publish, fail, bring } = rig()
  const publishing = publish('a')
  fail('a')
  t.same(await publishing, { duplicate: false, local: true })
  await turn()
  bring('a')
  bring('a', 'price:y')
  t.same(got, ['a', 'a'], 'the same id of another topic is another publication')
})

test('what the broker brought, but did not answer, does not go out a second time', async (t) => {
  const { local, got, publish, fail, bring } = rig()
  const publishing = publish('a')
  bring('a')
  fail('a')
  t.same(await publishing, { duplicate: false })
  await turn()
  t.same(got, ['a'])
  t.equal(local.size, 0)
})

test('two publishers of one id that fail together put it out once', async (t) => {
  const { got, publish, fail, local } = rig()
  const first = publish('a', { dedupe: 1 })
  fail('a')
  const second = publish('a', { dedupe: 1 })
  fail('a')
  t.same(await Promise.all([first, second]), [{ duplicate: false, local: true }, { duplicate: true, local: true }])
  await turn()
  t.same(got, ['a'])
  t.equal(local.size, 1)
})

test('an id that is repeated during the outage goes out once, and here not again when it is repeated after it', async (t) => {
  const { local, clock, got, publish, answer, bring } = rig()
  local.down()
  t.equal((await publish('a', { dedupe: 300_000 })).duplicate, false)
  t.equal((await publish('a', { dedupe: 300_000 })).duplicate, true)
  await turn()
  local.up()
  const again = publish('a', { dedupe: 300_000 })
  bring('a')
  answer('a')
  t.same(await again, { duplicate: false }, 'the other nodes get it')
  t.same(got, ['a'])
  clock.advance(300_000)
  bring('a')
  t.same(got, ['a', 'a'], 'after the window the id means another publication')
})

test('other errors, a broker that has not started and one that is stopped reject', async (t) => {
  const { local, got, publish, fail, state } = rig()
  const broken = publish('a')
  fail('a', new TypeError('broken'))
  await t.rejects(broken, TypeError)
  state.up = false
  const early = publish('b')
  fail('b')
  await t.rejects(early, { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  local.down()
  await publish('c')
  local.close()
  const late = publish('d')
  fail('d')
  await t.rejects(late, { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await turn()
  t.same(got, [])
})

test('what is remembered is bounded', async (t) => {
  const { local, publish } = rig()
  local.down()
  for (let n = 0; n < 30_000; n++) await publish(String(n), { dedupe: 300_000 })
  t.ok(local.size <= 20_000, String(local.size))
})

test('only topics that ask for it are delivered past the broker, and never a version', async (t) => {
  const away = (): Promise<never> => Promise.reject(new BrokerUnavailableError('gone', 'it is away'))
  const { broadcast, join, settled } = await stage({
    topics: { 'price:*': { whenBrokerIsDown: 'deliver-locally' }, 'room:*': {} }
  }, () => ({ publish: away }))
  const ada = connection()
  for (const topic of ['price:x', 'room:1']) await join(ada, topic)
  const told: unknown[] = []
  broadcast.on('publish', (...all) => told.push(all))
  const published = await broadcast.publish('price:x', 'm', 1)
  t.match(published, { id: String, duplicate: false, local: true })
  await t.rejects(broadcast.publish('room:1', 'm', 2), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await t.rejects(broadcast.publish('price:x', 'm', 3, { version: 1 }), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await broadcast.publish('price:x', 'm', 4, { except: ada.id })
  await settled()
  t.same(ada.data, [1])
  t.match(told, [['price:x', 'm', published], ['price:x', 'm', { local: true }]])
})

test('with a broker that stands still and comes back, every subscriber gets each publication once', async (t) => {
  const own = memoryBroker()
  const publish = own.publish.bind(own)
  const late: Array<() => void> = []
  let still = false
  own.publish = async (...given) => {
    if (still) await new Promise<void>((resolve) => { late.push(resolve) })
    return publish(...given)
  }
  const guard = { timeout: 50, failures: 2, probeInterval: 20 }
  const { app, connect } = await serve(t, { ...open, topics: { 'price:*': { whenBrokerIsDown: 'deliver-locally' }, 'room:*': { history: true } } },
    (instance) => instance.register(brokerPlugin, { use: own, guard }))
  const ada = await connect('ada')
  await ada.get('subscribe', { topic: 'price:x' })
  still = true
  t.match(await Promise.all([1, 2].map((n) => app.broadcast.publish('price:x', 'm', n))), [{ local: true }, { local: true }])
  t.equal(app.broker.up, false)
  await ada.publication(2)
  t.match(await app.broadcast.publish('price:x', 'm', 3), { local: true })
  await t.rejects(app.broadcast.publish('room:1', 'm', 'history'), { code: 'FRT_ERR_BROKER_UNAVAILABLE' })
  await ada.publication(3)
  still = false
  for (const go of late) go()
  await new Promise<void>((resolve) => { app.broker.on('up', resolve) })
  t.notOk('local' in await app.broadcast.publish('price:x', 'm', 4))
  await ada.publication(4)
  t.same(ada.publications.map(({ data }) => data), [1, 2, 3, 4])
})
