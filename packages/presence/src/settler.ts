import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { PresenceChange, PresenceStore } from '@fastify-realtime/broker'
import type { Change } from './change.ts'
import { takeWaiting } from './membership.ts'
import type { Membership } from './membership.ts'

/** How many memberships are being stored at the same time. */
const MOST_AT_ONCE = 64

export interface SettlerParts {
  readonly store: PresenceStore
  readonly clock: Clock
  /** This node's id, under which the store keeps its entries. */
  readonly node: string
  /** Milliseconds before a postponed leave. */
  readonly grace: number
  /** Whether the broker can work now; nothing is attempted while it cannot. */
  up (): boolean
  /** Tells the other nodes. Never rejects. */
  tell (topic: string, change: Change): Promise<void>
  /** What those get who wait while the broker is away. */
  unavailable (): Error
  /** The store has let go of a membership that nobody wants. */
  forget (membership: Membership): void
  readonly failed: (error: unknown) => void
}

/** Makes the store agree with what memberships want: bounded in parallel, one step at a time for each membership. */
export class Settler {
  readonly #parts: SettlerParts
  readonly #todo = new Set<Membership>()
  readonly #failed = new Set<Membership>()
  /** Membership → when it leaves, monotonic milliseconds; in that order. */
  readonly #postponed = new Map<Membership, number>()
  #timer: Timer | undefined
  #running = 0
  #idle: Array<() => void> = []

  constructor (parts: SettlerParts) {
    this.#parts = parts
  }

  /** Memberships that the store does not have right yet, and those that leave soon. */
  get pending (): number {
    return this.#todo.size + this.#failed.size + this.#postponed.size + this.#running
  }

  settle (membership: Membership): void {
    // Its worker looks again before it ends.
    if (membership.busy) return
    if (membership.stored === membership.wanted) {
      this.#todo.delete(membership)
      this.#done(membership)
    } else {
      this.#todo.add(membership)
      this.#pump()
    }
  }

  /** It does not leave after all, if it was to leave soon. */
  keep (membership: Membership): void {
    this.#postponed.delete(membership)
    this.settle(membership)
  }

  postpone (membership: Membership): void {
    const { clock, grace } = this.#parts
    this.#postponed.delete(membership)
    this.#postponed.set(membership, clock.now() + grace)
    this.#timer ??= clock.setTimeout(this.#leave, grace)
  }

  /** Settles when the store agrees with the membership, or rejects with what the attempt met; it is tried again then. */
  async settled (membership: Membership): Promise<void> {
    if (!membership.busy && membership.stored === membership.wanted) return
    if (!this.#parts.up()) throw this.#parts.unavailable()
    await new Promise<void>((resolve, reject) => {
      membership.waiting ??= []
      membership.waiting.push({ resolve, reject })
    })
  }

  /** Tries again what failed or had to wait for the broker. */
  retry (): void {
    const failed = [...this.#failed]
    this.#failed.clear()
    for (const membership of failed) this.settle(membership)
    this.#pump()
  }

  /** Leaves at once what would leave soon, and settles when no work is left that can be done. */
  async stop (): Promise<void> {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    this.#leaveUntil(Infinity)
    if (this.#running > 0) await new Promise<void>((resolve) => { this.#idle.push(resolve) })
  }

  readonly #leave = (): void => {
    const { clock } = this.#parts
    this.#timer = undefined
    // Asked once: whoever is due while the others leave would be waited for less than no time.
    const now = clock.now()
    this.#leaveUntil(now)
    for (const leavesAt of this.#postponed.values()) {
      this.#timer = clock.setTimeout(this.#leave, leavesAt - now)
      return
    }
  }

  #leaveUntil (time: number): void {
    for (const [membership, leavesAt] of this.#postponed) {
      if (leavesAt > time) return
      this.#postponed.delete(membership)
      membership.wanted = false
      this.settle(membership)
    }
  }

  #pump (): void {
    if (!this.#parts.up()) return
    for (const membership of this.#todo) {
      if (this.#running >= MOST_AT_ONCE) return
      void this.#work(membership)
    }
  }

  async #work (membership: Membership): Promise<void> {
    this.#todo.delete(membership)
    membership.busy = true
    this.#running++
    try {
      while (membership.stored !== membership.wanted) {
        const { topic, principal, info, wanted } = membership
        const change = await this.#store(membership)
        // What changed meanwhile is done in the next round.
        membership.stored = wanted && membership.info !== info ? undefined : wanted
        if (change.changed) await this.#parts.tell(topic, toChange(wanted ? 'joined' : 'left', principal, info, change))
      }
      this.#done(membership)
    } catch (error) {
      membership.stored = undefined
      this.#failed.add(membership)
      this.#parts.failed(error)
      this.#reject(membership, error)
    }
    membership.busy = false
    this.#running--
    this.#pump()
    if (this.#running === 0) this.#rest()
  }

  #store ({ connection: { id }, principal, topic, info, wanted }: Membership): Promise<PresenceChange> {
    const { store, node } = this.#parts
    return wanted ? store.join(topic, { connection: id, node, principal, ...(info === undefined ? {} : { info }) }) : store.leave(topic, id)
  }

  /** Nothing is in flight: all is done, or the broker is away. */
  #rest (): void {
    for (const membership of this.#todo) this.#reject(membership, this.#parts.unavailable())
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #reject (membership: Membership, error: unknown): void {
    for (const waiter of takeWaiting(membership)) waiter.reject(error)
  }

  #done (membership: Membership): void {
    if (!membership.wanted) this.#parts.forget(membership)
    for (const waiter of takeWaiting(membership)) waiter.resolve()
  }
}

function toChange (kind: Change['kind'], principal: string, info: unknown, { version, previous }: PresenceChange): Change {
  return {
    kind,
    member: kind === 'left' || info === undefined ? { principal } : { principal, info },
    version,
    ...(previous === undefined ? {} : { previous })
  }
}
