import type { SharedBroker } from '@fastify-realtime/broker'
import fc from 'fast-check'
import type { Scheduler } from 'fast-check'
import { systemClock } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { assemble, guards } from '../src/assembly.ts'
import type { Assembly, Guards } from '../src/assembly.ts'
import type { TopicOptions } from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'
import { withoutBuffer, withoutEpochs, withoutSerialInterests } from './model/broken-guards.ts'
import { frame } from './model/fake-connection.ts'
import { ModelBroker } from './model/model-broker.ts'
import { ModelClient } from './model/model-client.ts'

const TOPIC = 'room:1'
const quiet = { warn: () => {}, error: () => {} }

const commands = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('publish' as const), client: fc.constant(0) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('subscribe' as const, 'unsubscribe' as const, 'disconnect' as const), client: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('forget' as const, 'kick' as const, 'check' as const), client: fc.nat(1) }) }
), { maxLength: 24 })

/** One client that comes and goes: what interests are about. */
const churn = fc.array(fc.record({
  kind: fc.constantFrom('publish' as const, 'subscribe' as const, 'unsubscribe' as const, 'disconnect' as const), client: fc.constant(0)
}), { minLength: 6, maxLength: 24 })

type Commands = typeof commands extends fc.Arbitrary<infer Value> ? Value : never

async function run (scheduler: Scheduler, script: Commands, parts: Guards, more: TopicOptions = {}): Promise<void> {
  const step = (label: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), label)
  const later = async (callback: () => void): Promise<void> => {
    await step('timer')
    callback()
  }
  const broker = new ModelBroker(step, 6)
  const options = resolveOptions({ topics: { 'room:*': { history: { size: 6 }, ...more } }, recovery: { maxPublications: 2 } })
  const assembly = assemble({
    options, pool: { frame }, channel: broker, log: quiet,
    clock: { ...systemClock, setTimeout: (callback) => { void later(callback); return 0 } },
    broker: { up: true, require: (() => broker.history) as SharedBroker['require'] }
  }, parts)
  broker.deliver = (record) => assembly.delivery.deliver(record)
  const clients = [0, 1].map(() => new ModelClient(assembly, TOPIC))
  const background: Array<Promise<unknown>> = []

  const play = async (): Promise<void> => {
    for (const [at, { kind, client: index }] of script.entries()) {
      await step(kind)
      const client = clients[index]!
      if (kind === 'publish') background.push(assembly.publisher.publish(TOPIC, 'm', at, {}))
      else if (kind === 'subscribe') background.push(client.subscribe())
      else if (kind === 'check') background.push(assembly.check.check())
      else if (kind === 'forget') broker.forget()
      else if (kind === 'kick') kick(assembly)
      else client[kind]()
    }
  }
  background.push(play())
  await scheduler.waitIdle()

  // In the end everybody who wants to be subscribed is, after as many recoveries as that takes.
  for (let round = 0; round < 12; round++) {
    background.push(assembly.check.check())
    await scheduler.waitIdle()
    const waiting = clients.filter((client) => client.wanted && !client.settled)
    for (const client of waiting) background.push(client.subscribe())
    await scheduler.waitIdle()
    // Two checks find what is missing; after another one that found nothing there is nothing to find.
    if (round > 2 && waiting.length === 0) break
  }
  await Promise.all(background)
  judge(broker, clients)

  for (const client of clients) client.disconnect()
  await scheduler.waitIdle()
  if (assembly.subscriptions.size + assembly.subscriptions.topicCount + assembly.subscriptions.connectionCount > 0) throw new Error('subscriptions are left')
  if (broker.interests.size > 0) throw new Error('an interest is left')
}

/** The server ends every subscription, and the clients come back by themselves. */
function kick ({ subscriptions, subscribing }: Assembly): void {
  const notice = subscribing.notice(TOPIC, 'forced', 'by the server')
  for (const subscription of subscriptions.topic(TOPIC)?.receivers() ?? []) subscribing.end(subscription, 'forced', notice)
}

/** Every stretch holds what was published after its start: all of it, or up to where the client ended it or was told. */
function judge (broker: ModelBroker, clients: readonly ModelClient[]): void {
  for (const client of clients) {
    if (!client.settled) throw new Error('a client is not as it wants to be')
    for (const { start, offsets, ended } of client.stretches) {
      const due = broker.truth.flatMap(({ position }) =>
        position?.epoch === start.epoch && position.offset > start.offset ? [position.offset] : [])
      const expected = ended ? due.slice(0, offsets.length) : due
      if (String(offsets) !== String(expected)) throw new Error(`due ${String(expected)} after ${start.offset}, got ${String(offsets)}`)
    }
  }
}

const property = (parts: Guards, scripts: fc.Arbitrary<Commands> = commands): fc.IAsyncProperty<[Scheduler, Commands]> =>
  fc.asyncProperty(fc.scheduler(), scripts, (scheduler, script) => run(scheduler, script, parts))

/** A fixed seed: a control either fails, or it does not. */
const fails = async (parts: Guards, scripts?: fc.Arbitrary<Commands>): Promise<boolean> => {
  const found = await fc.check(property(parts, scripts), { numRuns: 2_000, endOnFailure: true, seed: 7 })
  return found.failed
}

test('whatever happens in whatever order, everybody gets everything once and in order, and nothing is left', async () => {
  await fc.assert(property(guards), { numRuns: 500 })
})

test('so it is when publications wait for each other', async () => {
  const coalesced = { coalesce: { maxDelay: 10 } }
  await fc.assert(fc.asyncProperty(fc.scheduler(), commands, (scheduler, script) => run(scheduler, script, guards, coalesced)), { numRuns: 100 })
})

test('so it is for those who take deltas, which the model reads by position alone', async () => {
  await fc.assert(fc.asyncProperty(fc.scheduler(), commands, (scheduler, script) => run(scheduler, script, guards, { delta: true })), { numRuns: 100 })
})

test('without the merge buffer this fails', async (t) => {
  t.ok(await fails(withoutBuffer))
})

test('without the epoch check this fails', async (t) => {
  t.ok(await fails(withoutEpochs))
})

test('without interests that are serial per topic this fails', async (t) => {
  t.ok(await fails(withoutSerialInterests, churn))
})
