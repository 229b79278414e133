import type { Connection } from '@fastify-realtime/connection-pool'
import type { Paced } from './delivery-turns.ts'
import type { Roster } from './roster.ts'
import type { SubscribedTopic, Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { DeliverSpan } from './tracing.ts'

/** A roster that a publication goes through. */
export interface Leg {
  readonly topic: SubscribedTopic
  readonly roster: Roster<Subscription>
  readonly visit: (reader: Subscription) => void
  /** What is to be done after the last visit. */
  readonly after?: () => void
}

/** A publication on its way to everybody who stood in the rosters when it came; it may pause. */
export class Passage implements Paced {
  readonly #subscriptions: Subscriptions
  readonly #legs: readonly Leg[]
  readonly #span: DeliverSpan | undefined
  #at = 0

  constructor (subscriptions: Subscriptions, legs: readonly Leg[], span?: DeliverSpan) {
    this.#subscriptions = subscriptions
    this.#legs = legs
    this.#span = span
    for (const { roster } of legs) roster.begin()
  }

  get done (): boolean { return this.#at === this.#legs.length }

  step (most: number): number {
    if (this.#span === undefined) return this.#walk(most)
    const visited = this.#span.run(() => this.#walk(most))
    if (this.done) this.#span.end()
    return visited
  }

  /** Gives it to a connection now, if it is still on its way there. */
  serve (connection: Connection): void {
    if (connection.state === 'closed') return
    for (const { topic, roster, visit } of this.#legs) {
      const subscription = this.#subscriptions.get(connection, topic.name)
      if (subscription !== undefined && roster.claim(subscription)) visit(subscription)
    }
  }

  #walk (most: number): number {
    let visited = 0
    for (let leg = this.#legs[this.#at]; leg !== undefined && visited < most; leg = this.#legs[this.#at]) {
      visited += leg.roster.walk(most - visited, leg.visit)
      if (!leg.roster.walked) break
      leg.after?.()
      this.#at++
    }
    return visited
  }
}
