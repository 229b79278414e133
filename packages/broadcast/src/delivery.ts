import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Clock } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import { CoalescingWindow } from './coalescing-window.ts'
import { DeliveryTurns } from './delivery-turns.ts'
import type { Pace } from './delivery-turns.ts'
import { Legs } from './legs.ts'
import type { LegsParts, Tally } from './legs.ts'
import { Passage } from './passage.ts'
import type { Leg } from './passage.ts'
import { isText, Outgoing, publicationHead } from './publication.ts'
import type { FrameMaker, TextRecord } from './publication.ts'
import type { SubscribedTopic } from './subscription.ts'
import type { TopicRules } from './topic-rules.ts'
import type { TopicSettings } from './topic-options.ts'
import { deliverSpan } from './tracing.ts'

export interface DeliveryParts extends LegsParts {
  readonly rules: TopicRules
  readonly frame: FrameMaker
  readonly clock: Clock
  readonly pace: Pace
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
  readonly #turns: DeliveryTurns<Passage>
  readonly #legs: Legs
  #arrivals = 0

  constructor (parts: DeliveryParts) {
    this.#parts = parts
    this.#legs = new Legs(parts, this.tally)
    this.#turns = new DeliveryTurns(parts.clock, parts.pace)
    this.#window = new CoalescingWindow(parts.clock, (arrival) => this.#arrive(arrival))
  }

  /** How many came so far; the number of the newest. */
  get arrivals (): number { return this.#arrivals }

  /** What the broker calls. */
  deliver (record: BrokerRecord): void {
    this.received++
    if (!isText(record)) return
    const { subscriptions, rules } = this.#parts
    const settings = subscriptions.topic(record.topic)?.settings ?? rules.of(record.topic)
    if (settings === undefined) return
    if (settings.maxDelay === undefined) this.#arrive({ record, settings })
    else this.#window.add({ record, settings }, settings.maxDelay)
  }

  /** Gives up what waits. */
  close (): void {
    this.#window.close()
    this.#turns.close()
  }

  /**
   * Gives a connection everything that came and is still on its way to it, before its subscriptions change: so for each one it is as
   * if a publication reached everybody at once.
   */
  serve (connection: Connection): void {
    if (connection.state !== 'closed') this.#turns.each((passage) => passage.serve(connection))
  }

  /** Judges it at once, however long it waits to be handed on. */
  #arrive ({ record, settings }: Arrival): void {
    const { subscriptions, frame } = this.#parts
    const number = ++this.#arrivals
    const found = subscriptions.topic(record.topic)
    // Before the interest stands, records are leftovers of the one before it: whoever waits reads them from the history.
    const topic = found?.standing === true ? found : undefined
    const pattern = settings.wildcard ? subscriptions.topic(settings.pattern) : undefined
    if (topic === undefined && pattern === undefined) return
    const outgoing = new Outgoing(record, publicationHead(record, settings.history), frame)
    if (topic !== undefined && !this.#follows(topic, outgoing)) return
    const open = topic?.doubt === undefined ? topic : undefined
    const legs = (): Leg[] => this.#legs.of({ number, outgoing, settings }, open, pattern)
    this.#turns.add(new Passage(subscriptions, legs, deliverSpan(record)))
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
}
