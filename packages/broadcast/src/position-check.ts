import { setImmediate } from 'node:timers/promises'
import type { SharedBroker } from '@fastify-realtime/broker'
import type { Clock, Position, Timer } from '@fastify-realtime/protocol'
import type { Subscribing } from './subscribing.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { TopicStore } from './shared-reads.ts'
import type { SubscribedTopic } from './subscription.ts'

export interface PositionCheckParts {
  readonly subscriptions: Subscriptions
  readonly subscribing: Pick<Subscribing, 'lose'>
  readonly store: (topic: string) => TopicStore
  readonly clock: Clock
  readonly broker: Pick<SharedBroker, 'up'>
  /** Milliseconds from one check to the next; `false`: no checks of its own. */
  readonly interval: number | false
  readonly failed: (error: unknown, topic: string) => void
}

/** Topics whose position is asked at the same time. */
const AT_ONCE = 32

/**
 * Finds publications that the broker accepted and this node never got. A topic's position is asked at every check, and
 * must have been reached by the next one; an outage ends what may have been missed meanwhile. Only topics with history
 * and subscribers are asked.
 */
export class PositionCheck {
  readonly #parts: PositionCheckParts
  /** Where the topics stood when the broker went away, until somebody has looked what they missed. */
  readonly #outages = new Map<SubscribedTopic, { readonly stood: Position | undefined }>()
  #timer: Timer | undefined

  constructor (parts: PositionCheckParts) {
    this.#parts = parts
  }

  start (): void {
    const { clock, interval } = this.#parts
    if (interval === false) return
    this.#timer = clock.setTimeout(() => {
      void this.check().then(() => {
        if (this.#timer !== undefined) this.start()
      })
    }, interval)
  }

  stop (): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** One check of all topics; settles when it is done. Never rejects. */
  async check (): Promise<void> {
    if (!this.#parts.broker.up) return
    // What could not be judged when the broker came back.
    await this.up()
    await this.#each(this.#topics(), (topic) => this.#check(topic))
  }

  /** The broker went away. */
  down (): void {
    for (const topic of this.#kept()) {
      const before = topic.doubt === undefined ? undefined : this.#outages.get(topic)
      // A new one, also when the one before is being judged: that asks for a position from before this outage.
      this.#outages.set(topic, { stood: before === undefined ? topic.last : before.stood })
      topic.doubt = 'away'
      topic.interrupt()
    }
  }

  /** The broker is back: whoever may have missed something meanwhile is told. Never rejects. */
  async up (): Promise<void> {
    const outages = new Map(this.#outages)
    for (const topic of outages.keys()) {
      if (topic.doubt === 'away') topic.doubt = 'back'
    }
    await this.#each([...outages.keys()], async (topic) => {
      const newest = await this.#position(topic)
      const outage = this.#outages.get(topic)
      // The broker went away again meanwhile, or somebody else has judged it.
      if (outage === undefined || outage !== outages.get(topic)) return
      const { stood } = outage
      this.#outages.delete(topic)
      // Something came meanwhile, and has ended them.
      if (topic.doubt === undefined) return
      topic.doubt = undefined
      // What the node got since the outage says nothing about what it did not get before.
      this.#parts.subscribing.lose(topic, (known) =>
        known === topic.last ? stood === undefined || isBefore(stood, newest) : isBefore(known, newest))
    })
  }

  async #check (topic: SubscribedTopic): Promise<void> {
    const { subscribing } = this.#parts
    const { expected, last } = topic
    if (expected !== undefined) subscribing.lose(topic, (known) => known.epoch === expected.epoch && known.offset < expected.offset)
    const newest = await this.#position(topic)
    topic.expected = newest
    // A record that came meanwhile has judged the epoch already, and better.
    if (topic.last === last) subscribing.lose(topic, (known) => known.epoch !== newest.epoch)
  }

  #position (topic: SubscribedTopic): Promise<Position> {
    return this.#parts.store(topic.name).position()
  }

  #topics (): SubscribedTopic[] {
    return this.#kept().filter((topic) => topic.told > 0)
  }

  #kept (): SubscribedTopic[] {
    return [...this.#parts.subscriptions.topics()].filter((topic) => topic.ordered && topic.settings.history)
  }

  async #each (topics: readonly SubscribedTopic[], work: (topic: SubscribedTopic) => Promise<void>): Promise<void> {
    for (let at = 0; at < topics.length; at += AT_ONCE) {
      // A broker that answers at once would otherwise hold the event loop for all topics together.
      if (at > 0) await setImmediate()
      await Promise.all(topics.slice(at, at + AT_ONCE).map(async (topic) => {
        try {
          await work(topic)
        } catch (error) {
          this.#parts.failed(error, topic.name)
        }
      }))
    }
  }
}

function isBefore (known: Position, newest: Position): boolean {
  return known.epoch !== newest.epoch || known.offset < newest.offset
}
