import type { SharedBroker } from '@fastify-realtime/broker'
import { RealtimeClient } from '@fastify-realtime/client'
import type { Subscription } from '@fastify-realtime/client'
import { applyDelta } from '@fastify-realtime/client/delta'
import { systemClock } from '@fastify-realtime/protocol'
import type { Clock, Position } from '@fastify-realtime/protocol'
import fc from 'fast-check'
import type { Scheduler } from 'fast-check'
import { test } from 'tap'
import { assemble, guards } from '../src/assembly.ts'
import type { Guards } from '../src/assembly.ts'
import type { TopicOptions } from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'
import { withoutBuffer, withoutEpochs, withoutSerialInterests } from './model/broken-guards.ts'
import { frame } from './model/fake-connection.ts'
import { ModelBroker } from './model/model-broker.ts'
import { ModelServer } from './model/model-server.ts'
import { pausing, unhurried } from './model/play.ts'

const TOPIC = 'room:1'
const quiet = { warn: () => {}, error: () => {} }

const commands = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.constant('publish' as const) },
  { weight: 5, arbitrary: fc.constantFrom('subscribe' as const, 'unsubscribe' as const, 'disconnect' as const) },
  { weight: 1, arbitrary: fc.constantFrom('forget' as const, 'check' as const) }
), { maxLength: 20 })

type Script = typeof commands extends fc.Arbitrary<infer Value> ? Value : never

interface Setting {
  readonly kept?: Guards
  readonly paused?: boolean
}

/** What one subscription of the client was told, split where it was told of a loss. */
class Listener {
  readonly stretches: Array<{ start: Position | undefined, data: unknown[], ended: boolean }> = []
  readonly subscription: Subscription

  constructor (client: RealtimeClient) {
    this.subscription = client.subscribe(TOPIC, {
      delta: applyDelta,
      onLive: () => {
        const current = this.stretches.at(-1)
        if (current === undefined || current.ended) this.stretches.push({ start: this.subscription.position, data: [], ended: false })
      },
      onRecovered: (recovered) => { if (!recovered) this.end() },
      onPublication: ({ data }) => { this.stretches.at(-1)?.data.push(data) }
    })
  }

  end (): void {
    const current = this.stretches.at(-1)
    if (current !== undefined) current.ended = true
  }
}

async function run (scheduler: Scheduler, script: Script, topic: TopicOptions, { kept = guards, paused = false }: Setting = {}): Promise<void> {
  const step = (label: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), label)
  const later = async (callback: () => void): Promise<void> => {
    await step('timer')
    callback()
  }
  // Deadlines never come: what they would do is what a disconnect does.
  const clock: Clock = { ...systemClock, setTimeout: (callback, delay) => { if (delay < 1_000) void later(callback); return 0 } }
  const broker = new ModelBroker(step, 6)
  const options = resolveOptions({ topics: { 'room:*': { history: { size: 6 }, ...topic } }, recovery: { maxPublications: 2 }, canSubscribe: () => true })
  const parts = assemble({
    options, pool: { frame }, channel: broker, clock, log: quiet,
    broker: { up: true, require: (() => broker.history) as SharedBroker['require'] }
  }, { ...kept, pace: paused ? pausing(later) : unhurried })
  broker.deliver = (record) => parts.delivery.deliver(record)
  const server = new ModelServer(parts, step)
  const client = new RealtimeClient('ws://model/ws', { WebSocket: server.WebSocket, clock, random: () => 0.5, maxDelay: 500 })
  client.on('error', (error) => { throw error })
  const listeners: Listener[] = []
  let current: Listener | undefined
  const background: Array<Promise<unknown>> = []

  const play = async (): Promise<void> => {
    for (const [at, kind] of script.entries()) {
      await step(kind)
      if (kind === 'publish') background.push(parts.publisher.publish(TOPIC, 'm', { at, text: 'long enough to be worth a patch of the number beside it' }, {}))
      else if (kind === 'subscribe' && current === undefined) listeners.push(current = new Listener(client))
      else if (kind === 'unsubscribe' && current !== undefined) {
        current.subscription.unsubscribe()
        current.end()
        current = undefined
      } else if (kind === 'disconnect') for (const socket of server.sockets) socket.drop()
      else if (kind === 'forget') broker.forget()
      else if (kind === 'check') background.push(parts.check.check())
    }
  }
  background.push(play())
  await scheduler.waitIdle()
  for (let round = 0; round < 4; round++) {
    background.push(parts.check.check())
    await scheduler.waitIdle()
  }
  await Promise.all(background)
  judge(broker, listeners, current)

  const closed = client.close()
  await scheduler.waitIdle()
  await closed
  if (parts.subscriptions.size + parts.subscriptions.topicCount + parts.subscriptions.connectionCount > 0) throw new Error('subscriptions are left')
  if (broker.interests.size > 0) throw new Error('an interest is left')
}

function judge (broker: ModelBroker, listeners: readonly Listener[], current: Listener | undefined): void {
  if (current !== undefined && !current.subscription.live) throw new Error('the subscription is not live')
  for (const { start, data, ended } of listeners.flatMap(({ stretches }) => stretches)) {
    const due = broker.truth.filter(({ position }) => start !== undefined && position?.epoch === start.epoch && position.offset > start.offset)
    const expected = due.map(({ payload }) => payload).slice(0, ended ? data.length : due.length)
    const got = data.map((item) => JSON.stringify(item))
    if (String(got) !== String(expected)) throw new Error(`due ${String(expected)}, got ${String(got)}`)
  }
}

for (const [name, topic, setting] of [
  ['in full', {}], ['as deltas', { delta: true }], ['in windows', { coalesce: { maxDelay: 10 } }], ['with pauses', { delta: true }, { paused: true }]
] as Array<[string, TopicOptions, Setting?]>) {
  test(`the real client gets everything once and in order, whatever happens, ${name}`, async () => {
    await fc.assert(fc.asyncProperty(fc.scheduler(), commands, (scheduler, script) => run(scheduler, script, topic, setting)), { numRuns: 150 })
  })
}

for (const [name, kept] of [['merge buffer', withoutBuffer], ['epoch check', withoutEpochs], ['serial interests', withoutSerialInterests]] as const) {
  test(`without the ${name} this fails`, async (t) => {
    const property = fc.asyncProperty(fc.scheduler(), commands, (scheduler, script) => run(scheduler, script, {}, { kept }))
    // A fixed seed: a control either fails, or it does not.
    const { failed } = await fc.check(property, { numRuns: 2_000, endOnFailure: true, seed: 7 })
    t.ok(failed)
  })
}
