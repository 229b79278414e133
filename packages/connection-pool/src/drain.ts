import type { Clock } from '@fastify-realtime/protocol'

export interface DrainSteps<Member> {
  /** Who is still there; it is walked while it changes. */
  readonly members: { readonly size: number } & Iterable<Member>
  /** Asked again it does nothing. */
  leave (member: Member): void
  terminate (member: Member): void
}

export interface DrainWindow {
  readonly over: number
  readonly deadline: number
}

/** Milliseconds between two looks. */
const TICK = 5

/** Ended in one look at the deadline, so that thousands do not block the loop. */
const TERMINATED_PER_TICK = 512

/** Lets everybody leave, spread over a window, and ends whoever is left at the deadline. */
export class Drain<Member> {
  readonly #clock: Clock
  readonly #steps: DrainSteps<Member>
  readonly #waiting: Array<() => void> = []
  #ticking = false
  #walk: Iterator<Member>
  #perTick = 1
  #until = Infinity

  constructor (clock: Clock, steps: DrainSteps<Member>) {
    this.#clock = clock
    this.#steps = steps
    this.#walk = steps.members[Symbol.iterator]()
  }

  /** Settles when nobody is left. Asked again, the shorter window and the earlier deadline count. */
  within ({ over, deadline }: DrainWindow): Promise<void> {
    const window = Math.max(TICK, Math.min(over, deadline / 2))
    this.#perTick = Math.max(this.#perTick, Math.ceil(this.#steps.members.size * TICK / window))
    this.#until = Math.min(this.#until, this.#clock.now() + deadline)
    const settled = new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    if (!this.#ticking) this.#tick()
    return settled
  }

  readonly #tick = (): void => {
    if (this.#clock.now() >= this.#until) this.#terminate()
    else this.#dismiss()
    this.#ticking = this.#steps.members.size > 0
    if (this.#ticking) {
      this.#clock.setTimeout(this.#tick, TICK)
      return
    }
    for (const settle of this.#waiting.splice(0)) settle()
  }

  #dismiss (): void {
    for (let told = 0; told < this.#perTick; told++) {
      const { done, value } = this.#walk.next()
      if (done === true) {
        this.#walk = this.#steps.members[Symbol.iterator]()
        return
      }
      this.#steps.leave(value)
    }
  }

  #terminate (): void {
    let ended = 0
    for (const member of this.#steps.members) {
      this.#steps.terminate(member)
      if (++ended === TERMINATED_PER_TICK) return
    }
  }
}
