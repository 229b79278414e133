import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Clock } from '@fastify-realtime/protocol'
import type { Overflow } from '@fastify-realtime/connection-pool'
import { CoalescingWindow } from './coalescing-window.ts'
import type { Continuity } from './continuity.ts'
import { DeliveryTurns } from './delivery-turns.ts'
import { fanOut, fanOutEach } from './fan-out.ts'
import type { Tally } from './fan-out.ts'
import { frameFor, hook, overflowOf } from './hooks.ts'
import type { HookedOutgoing, HookFailed } from './hooks.ts'
import { topicOverflow } from './overflow.ts'
import { isText, Outgoing, publicationHead } from './publication.ts'
import type { FrameMaker, TextRecord } from './publication.ts'
import type { Subscribing } from './subscribing.ts'
import type { SubscribedTopic, Subscription } from './subscription.ts'
import type { DeltaReaders } from './topic.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TopicRules } from './topic-rules.ts'
import type { TopicSettings } from './topic-options.ts'
import { deliverChannel } from './tracing.ts'
import type { DeliverTrace } from './tracing.ts'
import { isExcepted } from './viewer.ts'

export interface DeliveryParts {
  readonly subscriptions: Subscriptions
  readonly subscribing: Pick<Subscribing, 'lose'>
  readonly rules: TopicRules
  readonly frame: FrameMaker
  readonly hookFailed: HookFailed
  readonly continuity: Continuity
  readonly clock: Clock
}

interface Arrival {
  readonly record: TextRecord
  readonly settings: TopicSettings
}

/** What a frame costs that is chosen for each subscriber. */
const CHOSEN = 2

/** Takes records from the broker to the connections. Nothing else sends live publications. */
export class Delivery {
  readonly tally: Tally = { delivered: 0, dropped: 0 }
  received = 0
  readonly #parts: DeliveryParts
  readonly #window: CoalescingWindow<Arrival>
  readonly #turns: DeliveryTurns<Arrival>

  constructor (parts: DeliveryParts) {
    this.#parts = parts
    this.#turns = new DeliveryTurns((arrival) => this.#hand(arrival))
    this.#window = new CoalescingWindow(parts.clock, (arrival) => this.#turns.add(arrival))
  }

  /** What the broker calls. */
  deliver (record: BrokerRecord): void {
    this.received++
    if (!isText(record)) return
    const { subscriptions, rules } = this.#parts
    const settings = subscriptions.topic(record.topic)?.settings ?? rules.of(record.topic)
    if (settings === undefined) return
    if (settings.maxDelay === undefined) this.#turns.add({ record, settings })
    else this.#window.add({ record, settings }, settings.maxDelay)
  }

  /** Gives up what waits. */
  close (): void {
    this.#window.close()
    this.#turns.close()
  }

  /** Does it, and answers how many frames that may have been. */
  #hand (arrival: Arrival): number {
    const { subscriptions } = this.#parts
    const { record, settings: { pattern, wildcard, filter, transform, deltaEvery } } = arrival
    const readers = subscriptions.sizeOf(record.topic) + (wildcard ? subscriptions.sizeOf(pattern) : 0)
    this.#trace(arrival)
    const isPlain = filter === undefined && transform === undefined && deltaEvery === undefined
    return isPlain ? readers : readers * CHOSEN
  }

  #trace (arrival: Arrival): void {
    if (!deliverChannel.hasSubscribers) return this.#spread(arrival)
    const { topic, event, id, trace } = arrival.record
    const context: DeliverTrace = { topic, event, id, ...(trace !== undefined && { trace }) }
    deliverChannel.traceSync(() => this.#spread(arrival), context)
  }

  #spread ({ record, settings }: Arrival): void {
    const { subscriptions, frame, hookFailed } = this.#parts
    const found = subscriptions.topic(record.topic)
    // Before the interest stands, records are leftovers of the one before it: whoever waits reads them from the history.
    const topic = found?.standing === true ? found : undefined
    const pattern = settings.wildcard ? subscriptions.topic(settings.pattern) : undefined
    if (topic === undefined && pattern === undefined) return
    const outgoing = new Outgoing(record, publicationHead(record, settings.history), frame)
    if (topic !== undefined && !this.#follows(topic, outgoing)) return
    const hooked = hook(outgoing, settings, hookFailed)
    if (topic !== undefined && topic.doubt === undefined) this.#toTopic(topic, outgoing, hooked)
    if (pattern !== undefined) this.#toPattern(pattern, outgoing, hooked)
  }

  /** Whether the record is new to this node; then those that read history are kept a copy. */
  #follows (topic: SubscribedTopic, outgoing: Outgoing): boolean {
    const { position } = outgoing.record
    if (topic.ordered && position !== undefined) {
      const step = this.#parts.continuity(topic.last, position)
      if (step === 'seen') return false
      if (step === 'lost' && topic.settings.history) this.#parts.subscribing.lose(topic, (known) => known.epoch !== position.epoch)
      topic.last = position
      if (topic.doubt !== undefined) this.#interrupted(topic)
    }
    topic.hold(outgoing)
    return true
  }

  /**
   * A record after an outage: whoever was sent it would take it for the next one, and never ask for what is missing before
   * it. So it is kept back until the broker is there to recover from.
   */
  #interrupted (topic: SubscribedTopic): void {
    topic.interrupt()
    if (topic.doubt === 'away') return
    topic.doubt = undefined
    this.#parts.subscribing.lose(topic, () => true)
  }

  #toTopic (topic: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined): void {
    const overflow = topic.overflow ?? overflowOf(outgoing, topic.settings, this.#parts.hookFailed)
    topic.live.compact()
    if (hooked === undefined) fanOut(topic.live, outgoing, overflow, this.tally)
    else fanOutEach(topic.live, (reader) => frameFor(reader, outgoing, hooked), overflow, this.tally)
    if (topic.deltas !== undefined) this.#toDeltas(topic.deltas, outgoing, overflow)
    if (topic.behind.size > 0) this.#catchUp(topic, outgoing, hooked, overflow)
  }

  #toDeltas ({ chain, roster }: DeltaReaders<Subscription>, full: Outgoing, overflow: Overflow | undefined): void {
    if (roster.size === 0) return chain.reset()
    const { record } = full
    const delta = chain.next(record.id, record.payload)
    const patch = delta === undefined ? undefined : full.withDelta(delta)
    const { sequence } = chain
    roster.compact()
    fanOutEach(roster, (reader) => {
      if (isExcepted(reader, record)) return undefined
      const outgoing = patch !== undefined && reader.basis === sequence - 1 ? patch : full
      reader.basis = sequence
      return outgoing.frame(reader.codec)
    }, overflow, this.tally)
  }

  /** Whoever was answered ahead of the node gets what is new to it, and is live from the moment the node is as far. */
  #catchUp (topic: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined, overflow: Overflow | undefined): void {
    const { position } = outgoing.record
    const { continuity, subscriptions, subscribing } = this.#parts
    if (position === undefined) {
      fanOutEach(topic.behind, (reader) => frameFor(reader, outgoing, hooked), overflow, this.tally)
      return
    }
    let lost = false
    fanOutEach(topic.behind, (reader) => {
      const step = continuity(reader.position, position)
      if (step === 'lost' && topic.settings.history) {
        lost = true
        return undefined
      }
      if (step !== 'seen' || reader.position?.offset === position.offset) subscriptions.place(reader, 'live')
      return step === 'seen' ? undefined : frameFor(reader, outgoing, hooked)
    }, overflow, this.tally)
    topic.behind.compact()
    if (lost) subscribing.lose(topic, (known) => known.epoch !== position.epoch)
  }

  /** Subscribers of a pattern have no position; whoever is also subscribed to the topic itself got it there. */
  #toPattern (pattern: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined): void {
    const { subscriptions, hookFailed } = this.#parts
    const { topic } = outgoing.record
    const overflow = topicOverflow(pattern.settings, topic) ?? overflowOf(outgoing, pattern.settings, hookFailed)
    pattern.live.compact()
    fanOutEach(pattern.live, (reader) => subscriptions.get(reader.connection, topic) !== undefined
      ? undefined
      : frameFor(reader, outgoing, hooked), overflow, this.tally)
  }
}
