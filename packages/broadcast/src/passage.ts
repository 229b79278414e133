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
  /** Gives it to a subscriber, unless that one has it already. */
  readonly visit: (reader: Subscription) => void
  /** What is to be done after the last visit. */
  readonly after?: () => void
}

/** A publication on its way to everybody who stood in the rosters when it came. It may have to wait, and may pause. */
export class Passage implements Paced {
  readonly #subscriptions: Subscriptions
  readonly #prepare: () => Leg[]
  readonly #span: DeliverSpan | undefined
  #prepared: Leg[] | undefined
  #at = 0

  /** @param prepare makes the legs, when the first of them is due. */
  constructor (subscriptions: Subscriptions, prepare: () => Leg[], span: DeliverSpan | undefined) {
    this.#subscriptions = subscriptions
    this.#prepare = prepare
    this.#span = span
  }

  get done (): boolean { return this.#at === this.#legs.length }

  step (most: number): void {
    if (this.#span === undefined) return this.#walk(most)
    this.#span.run(() => {
      this.#walk(most)
      if (this.done) this.#span?.end()
    })
  }

  /** Gives it to a connection now, if it is still on its way there. */
  serve (connection: Connection): void {
    if (this.#span === undefined) this.#give(connection)
    else this.#span.run(() => this.#give(connection))
  }

  get #legs (): Leg[] { return this.#prepared ??= this.#prepare() }

  #walk (most: number): void {
    let left = most
    for (let leg = this.#legs[this.#at]; leg !== undefined && left > 0; leg = this.#legs[this.#at]) {
      left -= leg.roster.walk(left, leg.visit)
      if (leg.roster.isWalked) return
      leg.after?.()
      this.#at++
    }
  }

  #give (connection: Connection): void {
    for (const { topic, roster, visit } of this.#legs) {
      const subscription = this.#subscriptions.get(connection, topic.name)
      if (subscription !== undefined && roster.has(subscription)) visit(subscription)
    }
  }
}
