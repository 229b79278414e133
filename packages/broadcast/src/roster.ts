/** Holes that are tolerated before the roster is made dense again. */
const FEW = 32

/** Who stands in a roster, and knows its place in it. */
export interface Placed {
  slot: number
}

/**
 * The subscriptions that get every publication of a topic: an array, because that is what one walks fastest. Taking one
 * away leaves a hole, so that a delivery under way neither skips nor repeats anybody; adding never happens during one.
 */
export class Roster<Member extends Placed> {
  /** May hold holes; walk it up to the length that it has when you begin. */
  readonly slots: Array<Member | undefined> = []
  #holes = 0

  get size (): number { return this.slots.length - this.#holes }

  add (subscription: Member): void {
    if (this.#holes > FEW && this.#holes > this.slots.length / 2) this.compact()
    subscription.slot = this.slots.length
    this.slots.push(subscription)
  }

  remove (subscription: Member): void {
    this.slots[subscription.slot] = undefined
    subscription.slot = -1
    this.#holes++
  }

  /** Closes the holes; not during a delivery. */
  compact (): void {
    if (this.#holes === 0) return
    let to = 0
    for (const subscription of this.slots) {
      if (subscription === undefined) continue
      subscription.slot = to
      this.slots[to++] = subscription
    }
    this.slots.length = to
    this.#holes = 0
  }
}
