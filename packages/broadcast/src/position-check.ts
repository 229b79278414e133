import type { Clock, Timer } from '@fastify-realtime/protocol'
import { aFewAtATime } from './a-few-at-a-time.ts'
import type { Outages } from './outages.ts'
import type { PositionParts } from './position-judge.ts'
import type { SubscribedTopic } from './subscription.ts'

export interface PositionCheckParts extends PositionParts {
  readonly outages: Pick<Outages, 'up'>
  readonly clock: Clock
  /** Milliseconds from one check to the next; `false`: no checks of its own. */
  readonly interval: number | false
}

/**
 * Finds publications that the broker accepted and this node never got. A topic's position is asked at every check, and
 * must have been reached by the next one. Only topics with history and subscribers are asked.
 */
export class PositionCheck {
  readonly #parts: PositionCheckParts
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
    const { broker, outages, topics, failed } = this.#parts
    if (!broker.up) return
    // What could not be judged when the broker came back.
    await outages.up()
    await aFewAtATime(topics(), (topic) => this.#check(topic), failed)
  }

  async #check (topic: SubscribedTopic): Promise<void> {
    if (topic.told === 0) return
    const { judge } = this.#parts
    const { expected } = topic
    if (expected !== undefined) judge.lose(topic, (known) => known.epoch === expected.epoch && known.offset < expected.offset)
    const { last } = topic
    const newest = await judge.newest(topic)
    topic.expected = newest
    // A record that came meanwhile has judged the epoch already, and better.
    if (topic.last === last) judge.lose(topic, (known) => known.epoch !== newest.epoch)
  }
}
