import type { Position } from '@fastify-realtime/protocol'
import { aFewAtATime } from './a-few-at-a-time.ts'
import type { PositionParts } from './position-judge.ts'
import type { SubscribedTopic } from './subscription.ts'

/**
 * Finds who missed something while the broker was away. Until that is known the topics are in doubt, and what comes is
 * sent to nobody: it may follow a hole.
 */
export class Outages {
  readonly #parts: PositionParts
  /** Where the topics stood when the broker went away, until somebody has looked what they missed. */
  readonly #topics = new Map<SubscribedTopic, { readonly stood: Position | undefined }>()

  constructor (parts: PositionParts) {
    this.#parts = parts
  }

  /** A topic has its first subscription. Half of a broker may be there and take it, and another half not deliver it. */
  begun (topic: SubscribedTopic): void {
    if (!this.#parts.broker.up) this.#doubt(topic)
  }

  /** The broker went away. */
  down (): void {
    for (const topic of this.#parts.topics()) this.#doubt(topic)
  }

  /** The broker is back: whoever may have missed something meanwhile is told. Never rejects. */
  async up (): Promise<void> {
    const { judge, failed } = this.#parts
    const outages = new Map(this.#topics)
    for (const topic of outages.keys()) {
      if (topic.doubt !== 'away') continue
      topic.doubt = 'back'
      // What was read before now may end before a hole.
      topic.interrupt()
    }
    await aFewAtATime([...outages.keys()], async (topic) => {
      const newest = await judge.newest(topic)
      const outage = this.#topics.get(topic)
      // The broker went away again meanwhile, or somebody else has judged it.
      if (outage === undefined || outage !== outages.get(topic)) return
      this.#topics.delete(topic)
      // Something came meanwhile, and has ended them.
      if (topic.doubt === undefined) return
      topic.doubt = undefined
      const { last } = topic
      // What the node got in the outage was kept back, and says nothing about what it did not get before.
      judge.lose(topic, (known) => (known === last && known !== outage.stood) || isBefore(known, newest))
    }, failed)
  }

  #doubt (topic: SubscribedTopic): void {
    const before = topic.doubt === undefined ? undefined : this.#topics.get(topic)
    // A new one, also when the one before is being judged: that asks for a position from before this outage.
    this.#topics.set(topic, { stood: before === undefined ? topic.last : before.stood })
    topic.doubt = 'away'
    topic.interrupt()
  }
}

function isBefore (known: Position, newest: Position): boolean {
  return known.epoch !== newest.epoch || known.offset < newest.offset
}
