/** Who stands in a roster, and knows its place in it. */
export interface Placed {
  slot: number
}

/** Holes that are tolerated before the roster is made dense again. */
const FEW = 32

const nobody: never[] = []

/**
 * The subscriptions that get every publication of a topic: an array, because that is what one walks fastest. A walk may pause. Taking
 * one away leaves a hole and whoever is new stands at the end, so that a walk neither skips nor repeats anybody.
 */
export class Roster<Member extends Placed> {
  #slots: Array<Member | undefined> = nobody
  #holes = 0
  /** The place that the walk under way visits next. */
  #next = 0

  get size (): number { return this.#slots.length - this.#holes }

  /** Whether a walk is under way. */
  get isWalked (): boolean { return this.#next > 0 }

  * members (): Iterable<Member> {
    for (const member of this.#slots.slice()) {
      if (member !== undefined) yield member
    }
  }

  has (member: Member): boolean {
    return this.#slots[member.slot] === member
  }

  add (member: Member): void {
    if (this.#holes > FEW && this.#holes > this.#slots.length / 2) this.#compact()
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

  /** Begins a walk, or goes on with the one under way: visits at most so many places, and answers how many. */
  walk (most: number, visit: (member: Member) => void): number {
    if (!this.isWalked) this.#compact()
    const from = this.#next
    const to = from + most
    while (this.#next < to && this.#next < this.#slots.length) {
      const member = this.#slots[this.#next++]
      if (member !== undefined) visit(member)
    }
    const visited = this.#next - from
    if (this.#next === this.#slots.length) this.#finish()
    return visited
  }

  #finish (): void {
    this.#next = 0
    this.#compact()
  }

  /** Closes the holes; a walk goes by places. */
  #compact (): void {
    if (this.#holes === 0 || this.isWalked) return
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
