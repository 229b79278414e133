import type { BrokerChannel, SharedBroker } from '@fastify-realtime/broker'
import type { ConnectionPool } from '@fastify-realtime/connection-pool'
import { Emitter } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { continuity as plainContinuity } from './continuity.ts'
import type { Continuity } from './continuity.ts'
import type { BroadcastEvents } from './contract.ts'
import { Delivery } from './delivery.ts'
import { plainPace } from './delivery-turns.ts'
import type { Pace } from './delivery-turns.ts'
import { HistoryReader } from './history-reader.ts'
import type { HookFailed } from './hooks.ts'
import { SerialInterests } from './interests.ts'
import type { Interests } from './interests.ts'
import { LocalDelivery } from './local-delivery.ts'
import { MergeBuffer } from './merge-buffer.ts'
import type { Buffer } from './merge-buffer.ts'
import type { ResolvedOptions } from './options.ts'
import { Outages } from './outages.ts'
import { Permissions } from './permissions.ts'
import { PositionCheck } from './position-check.ts'
import { PositionJudge } from './position-judge.ts'
import type { PositionParts } from './position-judge.ts'
import type { FrameMaker } from './publication.ts'
import { Publisher } from './publisher.ts'
import { topicStore } from './shared-reads.ts'
import type { TopicStore } from './shared-reads.ts'
import { Subscribing } from './subscribing.ts'
import { Subscriptions } from './subscriptions.ts'
import { TopicRules } from './topic-rules.ts'

/** How many publications wait while a topic's history is read. */
const BUFFER = 1_000

/** What the broadcast needs of a log: pino's shape, object first. */
export interface BroadcastLog {
  warn (object: object, message: string): void
  error (object: object, message: string): void
}

/** The parts on which exactly-once rests; tests exchange them to prove what each of them is for. */
export interface Guards {
  readonly continuity: Continuity
  readonly buffer: (continuity: Continuity) => Buffer
  readonly interests: (channel: BrokerChannel, failed: (error: unknown, topic: string) => void) => Interests
  readonly pace: Pace
}

export const guards: Guards = {
  continuity: plainContinuity,
  buffer: (continuity) => new MergeBuffer(BUFFER, continuity),
  interests: (channel, failed) => new SerialInterests(channel, failed),
  pace: plainPace
}

export interface Surroundings {
  readonly options: ResolvedOptions
  readonly pool: Pick<ConnectionPool, 'frame'>
  readonly channel: BrokerChannel
  readonly broker: Pick<SharedBroker, 'up' | 'require'>
  readonly clock: Clock
  readonly log: BroadcastLog
}

export interface Assembly {
  readonly options: ResolvedOptions
  readonly clock: Clock
  readonly events: Emitter<BroadcastEvents>
  readonly rules: TopicRules
  readonly subscriptions: Subscriptions
  readonly permissions: Permissions
  readonly subscribing: Subscribing
  readonly delivery: Delivery
  readonly local: LocalDelivery
  readonly publisher: Publisher
  readonly reader: HistoryReader
  readonly outages: Outages
  readonly check: PositionCheck
}

/** Puts the parts together. */
export function assemble (surroundings: Surroundings, { continuity, buffer, interests, pace }: Guards = guards): Assembly {
  const { options, pool, channel, broker, clock, log } = surroundings
  const { recovery, positionCheck, idempotencyWindow } = options
  const rules = new TopicRules(options.topics, options.others)
  const subscriptions = new Subscriptions()
  const events = new Emitter<BroadcastEvents>((error, event) => log.error({ err: error, event }, 'a broadcast listener failed'))
  const frame: FrameMaker = (codec, content) => pool.frame(codec, content)
  const store = (topic: string): TopicStore => topicStore(broker.require('history', 'broadcast'), 'topics', topic)
  const hookFailed: HookFailed = (error, topic) => log.error({ err: error, topic }, 'a function of a topic failed')
  const warn = (message: string) => (error: unknown, topic: string): void => log.warn({ err: error, topic }, message)
  const subscribing = new Subscribing({
    subscriptions, rules, store, frame, continuity, events, hookFailed,
    interests: interests(channel, warn('the broker could not unsubscribe from a topic')),
    buffer: () => buffer(continuity),
    limits: recovery,
    delivery: () => delivery,
    begun: (topic) => { if (topic.recoverable) outages.begun(topic) }
  })
  const delivery = new Delivery({ subscriptions, subscribing, rules, frame, hookFailed, continuity, clock, pace })
  const local = new LocalDelivery({ channel, broker, clock, idempotencyWindow, deliver: (record) => delivery.deliver(record) })
  const positions: PositionParts = {
    topics: () => subscriptions.recoverable(),
    judge: new PositionJudge(store, subscribing),
    broker,
    failed: warn('the position of a topic could not be checked')
  }
  const outages = new Outages(positions)
  return {
    options, clock, events, rules, subscriptions, subscribing, delivery, local,
    permissions: new Permissions(options.policies, rules),
    publisher: new Publisher({ rules, channel, local, clock, idempotencyWindow, events }),
    reader: new HistoryReader({ rules, store, maxPublications: recovery.maxPublications, hookFailed }),
    outages,
    check: new PositionCheck({ ...positions, outages, clock, interval: positionCheck })
  }
}
