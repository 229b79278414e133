import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Clock } from '@fastify-realtime/protocol'
import type { Connection, Frame, Overflow } from '@fastify-realtime/connection-pool'
import { CoalescingWindow } from './coalescing-window.ts'
import type { Continuity } from './continuity.ts'
import { DeliveryTurns } from './delivery-turns.ts'
import type { Pace } from './delivery-turns.ts'
import { frameFor, hook, overflowOf } from './hooks.ts'
import type { HookedOutgoing, HookFailed } from './hooks.ts'
import { topicOverflow } from './overflow.ts'
import { Passage } from './passage.ts'
import type { Leg } from './passage.ts'
import { isText, Outgoing, publicationHead } from './publication.ts'
import type { FrameMaker, TextRecord } from './publication.ts'
import type { Subscribing } from './subscribing.ts'
import type { SubscribedTopic, Subscription } from './subscription.ts'
import type { DeltaReaders } from './topic.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TopicRules } from './topic-rules.ts'
import type { TopicSettings } from './topic-options.ts'
import { deliverChannel, traced } from './tracing.ts'
import { isExcepted } from './viewer.ts'

export interface DeliveryParts {
  readonly subscriptions: Subscriptions
  readonly subscribing: Pick<Subscribing, 'lose'>
  readonly rules: TopicRules
  readonly frame: FrameMaker
  readonly hookFailed: HookFailed
  readonly continuity: Continuity
  readonly clock: Clock
  readonly pace: Pace
}

/** Frames handed to connections, since the start. */
export interface Tally {
  delivered: number
  dropped: number
}

interface Arrival {
  readonly record: TextRecord
  readonly settings: TopicSettings
}

/** Takes records from the broker to the connections. Nothing else sends live publications. */
export class Delivery {
  readonly tally: Tally = { delivered: 0, dropped: 0 }
  received = 0
  readonly #parts: DeliveryParts
  readonly #window: CoalescingWindow<Arrival>
  readonly #turns: DeliveryTurns<Arrival, Passage>

  constructor (parts: DeliveryParts) {
    this.#parts = parts
    this.#turns = new DeliveryTurns((arrival) => this.#begin(arrival), parts.clock, parts.pace)
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

  /**
   * Gives a connection what is on its way to it, before its subscriptions change: so for each one it is as if a publication
   * reached everybody at once.
   */
  serve (connection: Connection): void {
    this.#turns.current?.serve(connection)
  }

  #begin (arrival: Arrival): Passage {
    const { subscriptions } = this.#parts
    if (!deliverChannel.hasSubscribers) return new Passage(subscriptions, this.#legs(arrival))
    return traced(arrival.record, (span) => new Passage(subscriptions, this.#legs(arrival), span))
  }

  #legs ({ record, settings }: Arrival): Leg[] {
    const { subscriptions, frame, hookFailed } = this.#parts
    const found = subscriptions.topic(record.topic)
    // Before the interest stands, records are leftovers of the one before it: whoever waits reads them from the history.
    const topic = found?.standing === true ? found : undefined
    const pattern = settings.wildcard ? subscriptions.topic(settings.pattern) : undefined
    if (topic === undefined && pattern === undefined) return []
    const outgoing = new Outgoing(record, publicationHead(record, settings.history), frame)
    if (topic !== undefined && !this.#follows(topic, outgoing)) return []
    const hooked = hook(outgoing, settings, hookFailed)
    const legs = topic !== undefined && topic.doubt === undefined ? this.#ofTopic(topic, outgoing, hooked) : []
    if (pattern !== undefined) legs.push(this.#ofPattern(pattern, outgoing, hooked))
    return legs
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

  #ofTopic (topic: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined): Leg[] {
    const overflow = topic.overflow ?? overflowOf(outgoing, topic.settings, this.#parts.hookFailed)
    const visit = this.#give(overflow, (reader) => frameFor(reader, outgoing, hooked))
    const legs: Leg[] = [{ topic, roster: topic.live, visit }]
    const { deltas } = topic
    if (deltas !== undefined && deltas.roster.size > 0) legs.push(this.#ofDeltas(topic, deltas, outgoing, overflow))
    else deltas?.chain.reset()
    if (topic.behind.size > 0) legs.push(this.#ofBehind(topic, outgoing, hooked, overflow))
    return legs
  }

  #ofDeltas (topic: SubscribedTopic, { chain, roster }: DeltaReaders<Subscription>, full: Outgoing, overflow: Overflow | undefined): Leg {
    const { record } = full
    const delta = chain.next(record.id, record.payload)
    const patch = delta === undefined ? undefined : full.withDelta(delta)
    const { sequence } = chain
    const visit = this.#give(overflow, (reader) => {
      if (isExcepted(reader, record)) return undefined
      const outgoing = patch !== undefined && reader.basis === sequence - 1 ? patch : full
      reader.basis = sequence
      return outgoing.frame(reader.codec)
    })
    return { topic, roster, visit }
  }

  /** Whoever was answered ahead of the node gets what is new to it, and is live from the moment the node is as far. */
  #ofBehind (topic: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined, overflow: Overflow | undefined): Leg {
    const { position } = outgoing.record
    const { continuity, subscriptions, subscribing } = this.#parts
    const roster = topic.behind
    if (position === undefined) return { topic, roster, visit: this.#give(overflow, (reader) => frameFor(reader, outgoing, hooked)) }
    let lost = false
    const visit = this.#give(overflow, (reader) => {
      const step = continuity(reader.position, position)
      if (step === 'lost' && topic.settings.history) {
        lost = true
        return undefined
      }
      if (step !== 'seen' || reader.position?.offset === position.offset) subscriptions.place(reader, 'live')
      return step === 'seen' ? undefined : frameFor(reader, outgoing, hooked)
    })
    const after = (): void => {
      if (lost) subscribing.lose(topic, (known) => known.epoch !== position.epoch)
    }
    return { topic, roster, visit, after }
  }

  /** Subscribers of a pattern have no position; whoever is also subscribed to the topic itself gets it there. */
  #ofPattern (pattern: SubscribedTopic, outgoing: Outgoing, hooked: HookedOutgoing | undefined): Leg {
    const { subscriptions, hookFailed } = this.#parts
    const { topic } = outgoing.record
    const overflow = topicOverflow(pattern.settings, topic) ?? overflowOf(outgoing, pattern.settings, hookFailed)
    const visit = this.#give(overflow, (reader) => subscriptions.get(reader.connection, topic) !== undefined
      ? undefined
      : frameFor(reader, outgoing, hooked))
    return { topic: pattern, roster: pattern.live, visit }
  }

  /** The hot loop's body: nothing is made for a subscriber. */
  #give (overflow: Overflow | undefined, pick: (reader: Subscription) => Frame | undefined): (reader: Subscription) => void {
    const { tally } = this
    return (reader) => {
      const frame = pick(reader)
      if (frame === undefined) return
      if (reader.connection.send(frame, overflow) === 'dropped') tally.dropped++
      else tally.delivered++
    }
  }
}
