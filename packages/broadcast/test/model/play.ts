import type { SharedBroker } from '@fastify-realtime/broker'
import { systemClock } from '@fastify-realtime/protocol'
import fc from 'fast-check'
import type { Scheduler } from 'fast-check'
import { assemble, guards } from '../../src/assembly.ts'
import type { Assembly, Guards } from '../../src/assembly.ts'
import { plainPace } from '../../src/delivery-turns.ts'
import type { Pace } from '../../src/delivery-turns.ts'
import type { TopicOptions } from '../../src/index.ts'
import { resolveOptions } from '../../src/options.ts'
import { frame } from './fake-connection.ts'
import { ModelBroker } from './model-broker.ts'
import { ModelClient } from './model-client.ts'

export const TOPIC = 'room:1'
const quiet = { warn: () => {}, error: () => {} }

export interface Command {
  /**
   * `down`: the broker goes away, or what works of it breaks again; `hear`: it delivers again, but is not up yet; `rest`: nothing
   * for a while, so that others get on.
   */
  readonly kind: 'publish' | 'subscribe' | 'unsubscribe' | 'disconnect' | 'forget' | 'kick' | 'check' | 'down' | 'hear' | 'up' | 'rest'
  readonly client: number
}

export interface Setting {
  readonly guards?: Guards
  readonly topic?: TopicOptions
  /** Deliveries pause after every single subscriber. */
  readonly paused?: boolean
  /** Takes a defence away. */
  readonly change?: (assembly: Assembly) => void
}

interface World {
  readonly assembly: Assembly
  readonly broker: ModelBroker
  readonly clients: readonly ModelClient[]
  readonly background: Array<Promise<unknown>>
  /** What the broker says of itself. */
  up: boolean
}

/** Plays scripts against the real broadcast, in whatever order. */
export function played (scripts: fc.Arbitrary<Command[]>, setting: Setting = {}): fc.IAsyncProperty<[Scheduler, Command[]]> {
  return fc.asyncProperty(fc.scheduler(), scripts, (scheduler, script) => play(scheduler, script, setting))
}

/** Whether that fails; with a fixed seed a control either does or does not. */
export async function fails (scripts: fc.Arbitrary<Command[]>, setting: Setting): Promise<boolean> {
  const { failed } = await fc.check(played(scripts, setting), { numRuns: 2_000, endOnFailure: true, seed: 7 })
  return failed
}

async function play (scheduler: Scheduler, script: Command[], setting: Setting): Promise<void> {
  const step = (label: string): Promise<unknown> => scheduler.schedule(Promise.resolve(), label)
  const world = open(step, setting)
  const { assembly, broker, clients, background } = world
  const act = async (): Promise<void> => {
    for (const [at, command] of script.entries()) {
      for (let steps = command.kind === 'rest' ? 8 : 1; steps > 0; steps--) await step(command.kind)
      perform(world, command, at)
    }
    recover(world)
  }
  background.push(act())
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

function open (step: (label: string) => Promise<unknown>, { guards: kept = guards, topic, paused = false, change }: Setting): World {
  const later = async (callback: () => void): Promise<void> => {
    await step('timer')
    callback()
  }
  const broker = new ModelBroker(step, 6)
  const assembly = assemble({
    options: resolveOptions({ topics: { 'room:*': { history: { size: 6 }, ...topic } }, recovery: { maxPublications: 2 } }),
    pool: { frame },
    channel: broker,
    log: quiet,
    clock: { ...systemClock, setTimeout: (callback) => { void later(callback); return 0 } },
    broker: { get up () { return world.up }, require: (() => broker.history) as SharedBroker['require'] }
  }, { ...kept, pace: paused ? pausing(later) : unhurried })
  change?.(assembly)
  broker.deliver = (record) => assembly.delivery.deliver(record)
  const clients = [0, 1].map(() => new ModelClient(assembly, TOPIC))
  const world: World = { assembly, broker, clients, background: [], up: true }
  return world
}

/** As if every turn of the event loop had time for everything. */
export const unhurried: Pace = { ...plainPace, perTurn: Infinity }

/** As if every turn of the event loop had time for one subscriber alone. */
export function pausing (later: (callback: () => void) => unknown): Pace {
  return { perTurn: 0, atOnce: 1, schedule: later }
}

function perform (world: World, { kind, client: index }: Command, at: number): void {
  const { assembly, broker, background } = world
  const client = world.clients[index]!
  if (kind === 'publish') background.push(assembly.publisher.publish(TOPIC, 'm', at, {}))
  else if (kind === 'subscribe') background.push(client.subscribe())
  else if (kind === 'check') background.push(assembly.check.check())
  else if (kind === 'forget') broker.forget()
  else if (kind === 'kick') kick(assembly)
  else if (kind === 'hear') broker.deaf = false
  else if (kind === 'up') recover(world)
  else if (kind === 'down') {
    broker.cut()
    if (!world.up) return
    world.up = false
    assembly.outages.down()
  } else if (kind !== 'rest') client[kind]()
}

function recover (world: World): void {
  if (world.up) return
  world.broker.deaf = false
  world.up = true
  world.background.push(world.assembly.outages.up())
}

/** The server ends every subscription, and the clients come back by themselves. */
function kick ({ subscriptions, subscribing }: Assembly): void {
  const notice = subscribing.notice(TOPIC, 'forced', 'by the server')
  for (const subscription of subscriptions.topic(TOPIC)?.receivers() ?? []) subscribing.end(subscription, 'forced', notice)
}

/**
 * Every stretch holds what was published after its start: all of it, or up to where the client ended it or was told. Each
 * loss is told once.
 */
function judge (broker: ModelBroker, clients: readonly ModelClient[]): void {
  for (const client of clients) {
    if (!client.settled) throw new Error('a client is not as it wants to be')
    if (broker.keepsAll && client.losses > broker.losses) throw new Error(`${broker.losses} losses, told ${client.losses} times`)
    for (const { start, offsets, ended } of client.stretches) {
      const due = broker.truth.flatMap(({ position }) =>
        position?.epoch === start.epoch && position.offset > start.offset ? [position.offset] : [])
      const expected = ended ? due.slice(0, offsets.length) : due
      if (String(offsets) !== String(expected)) throw new Error(`due ${String(expected)} after ${start.offset}, got ${String(offsets)}`)
    }
  }
}
