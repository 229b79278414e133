/** Who stands in a roster, and knows its place in it. */
export interface Placed {
  slot: number
}

/** Holes that are tolerated before the roster is made dense again. */
const FEW = 32

const nobody: never[] = []

/**
 * The subscriptions that get every publication of a topic: an array, because that is what one walks fastest. A walk reaches
 * everybody who stands here when it begins, and may pause. Taking one away leaves a hole and whoever is new stands at the end, so that
 * a walk neither skips nor repeats anybody.
 */
export class Roster<Member extends Placed> {
  #slots: Array<Member | undefined> = nobody
  #holes = 0
  /** The places that the walk under way has still to visit. */
  #next = 0
  #end = 0

  get size (): number { return this.#slots.length - this.#holes }

  /** Whether nobody is left to visit. */
  get walked (): boolean { return this.#end === 0 }

  * members (): Iterable<Member> {
    for (const member of this.#slots.slice()) {
      if (member !== undefined) yield member
    }
  }

  add (member: Member): void {
    if (this.walked && this.#holes > FEW && this.#holes > this.#slots.length / 2) this.#compact()
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

  /** Begins a walk. */
  begin (): void {
    this.#compact()
    this.#next = 0
    this.#end = this.#slots.length
  }

  /** Visits who is next, at most so many; answers how many places that were. */
  walk (most: number, visit: (member: Member) => void): number {
    const from = this.#next
    const to = Math.min(from + most, this.#end)
    // Before the visits, in which members come and go.
    this.#next = to
    for (let i = from; i < to; i++) {
      const member = this.#slots[i]
      if (member !== undefined) visit(member)
    }
    if (to === this.#end) this.#finish()
    return to - from
  }

  /** Whether a member is still to be visited; the walk takes it for visited from now on. */
  claim (member: Member): boolean {
    const { slot } = member
    if (slot < this.#next || slot >= this.#end || this.#slots[slot] !== member) return false
    this.remove(member)
    this.add(member)
    return true
  }

  #finish (): void {
    this.#next = this.#end = 0
    this.#compact()
  }

  /** Closes the holes; not during a walk. */
  #compact (): void {
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
