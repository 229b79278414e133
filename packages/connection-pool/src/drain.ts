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
  readonly #settled: Promise<void>
  #settle: () => void = () => {}
  #walk: Iterator<Member>
  #perTick = 0
  #until = Infinity

  constructor (clock: Clock, steps: DrainSteps<Member>) {
    this.#clock = clock
    this.#steps = steps
    this.#walk = steps.members[Symbol.iterator]()
    this.#settled = new Promise((resolve) => { this.#settle = resolve })
  }

  /** Settles when nobody is left. Asked again, the shorter window and the earlier deadline count. */
  within ({ over, deadline }: DrainWindow): Promise<void> {
    const first = this.#perTick === 0
    const window = Math.max(TICK, Math.min(over, deadline / 2))
    this.#perTick = Math.max(1, this.#perTick, Math.ceil(this.#steps.members.size * TICK / window))
    this.#until = Math.min(this.#until, this.#clock.now() + deadline)
    if (first) this.#tick()
    return this.#settled
  }

  readonly #tick = (): void => {
    if (this.#clock.now() >= this.#until) this.#terminate()
    else this.#dismiss()
    if (this.#steps.members.size === 0) this.#settle()
    else this.#clock.setTimeout(this.#tick, TICK)
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
