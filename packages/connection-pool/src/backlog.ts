export interface Burdened {
  /** Bytes that wait for it now. */
  readonly pressure: number
  /** Frees what waits, at once. */
  evict (): void
}

/**
 * What slow readers hold on this node together. The kernel takes bytes without telling, so the sum is an upper bound
 * that is counted anew when it reaches the limit; then the largest go.
 */
export class Backlog<Member extends Burdened> {
  readonly #limit: number
  readonly #counted = new Map<Member, number>()
  #total = 0
  #countAt: number

  constructor (limit: number) {
    this.#limit = limit
    this.#countAt = limit
  }

  get size (): number { return this.#counted.size }

  /** Bytes that wait now. */
  get bytes (): number {
    this.#recount()
    return this.#total
  }

  /** Takes note of a member whose pressure grew. */
  note (member: Member): void {
    this.#set(member, member.pressure)
    if (this.#total > this.#countAt) this.#relieve()
  }

  forget (member: Member): void {
    this.#set(member, 0)
  }

  #set (member: Member, bytes: number): void {
    this.#total += bytes - (this.#counted.get(member) ?? 0)
    if (bytes === 0) this.#counted.delete(member)
    else this.#counted.set(member, bytes)
  }

  #recount (): void {
    for (const member of this.#counted.keys()) this.#set(member, member.pressure)
  }

  #relieve (): void {
    this.#recount()
    if (this.#total > this.#limit) this.#evict()
    // Near the limit a count for every frame would cost more than the bytes between two counts.
    this.#countAt = Math.max(this.#limit, this.#total + this.#limit / 64)
  }

  #evict (): void {
    const largest = [...this.#counted].sort(([, a], [, b]) => b - a)
    for (const [member] of largest) {
      if (this.#total <= this.#limit) return
      this.#set(member, 0)
      member.evict()
    }
  }
}
