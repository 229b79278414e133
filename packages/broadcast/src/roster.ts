/** Who stands in a roster, and knows its place in it. */
export interface Placed {
  slot: number
}

/** Holes that are tolerated before the roster is made dense again. */
const FEW = 32

const nobody: never[] = []

/**
 * The subscriptions that get every publication of a topic: an array, because that is what one walks fastest. Taking one
 * away leaves a hole, so that a delivery under way neither skips nor repeats anybody; adding never happens during one.
 */
export class Roster<Member extends Placed> {
  #slots: Array<Member | undefined> = nobody
  #holes = 0

  get size (): number { return this.#slots.length - this.#holes }

  /** May hold holes; walk it up to the length that it has when you begin. */
  get slots (): ReadonlyArray<Member | undefined> { return this.#slots }

  add (member: Member): void {
    if (this.#holes > FEW && this.#holes > this.#slots.length / 2) this.compact()
    member.slot = this.#slots.length
    // Most topics have one subscriber, and an array that begins with it is a tenth of one that grows to it.
    if (member.slot === 0) this.#slots = [member]
    else this.#slots.push(member)
  }

  remove (member: Member): void {
    this.#slots[member.slot] = undefined
    member.slot = -1
    this.#holes++
  }

  /** Closes the holes; not during a delivery. */
  compact (): void {
    if (this.#holes === 0) return
    let to = 0
    for (const member of this.#slots) {
      if (member === undefined) continue
      member.slot = to
      this.#slots[to++] = member
    }
    this.#slots.length = to
    this.#holes = 0
  }
}
