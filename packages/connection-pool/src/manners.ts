import { LeakyBucket } from './rate.ts'
import type { Rate } from './rate.ts'

export interface MannerLimits {
  readonly messageRate: Rate | false
  readonly byteRate: Rate | false
  /** Control frames. */
  readonly pingRate: Rate | false
  readonly errorRate: Rate | false
}

/** What one peer may send. A bucket is made when there is something to count, so that an idle connection has none. */
export class Manners {
  readonly #limits: MannerLimits
  #messages: LeakyBucket | undefined
  #bytes: LeakyBucket | undefined
  #pings: LeakyBucket | undefined
  #errors: LeakyBucket | undefined

  constructor (limits: MannerLimits) {
    this.#limits = limits
  }

  message (now: number): boolean {
    const { messageRate } = this.#limits
    return messageRate === false || (this.#messages ??= new LeakyBucket(messageRate)).take(now)
  }

  bytes (now: number, count: number): boolean {
    const { byteRate } = this.#limits
    return byteRate === false || (this.#bytes ??= new LeakyBucket(byteRate)).take(now, count)
  }

  control (now: number): boolean {
    const { pingRate } = this.#limits
    return pingRate === false || (this.#pings ??= new LeakyBucket(pingRate)).take(now)
  }

  error (now: number): boolean {
    const { errorRate } = this.#limits
    return errorRate === false || (this.#errors ??= new LeakyBucket(errorRate)).take(now)
  }

  /** Milliseconds until the next message can pass. */
  wait (now: number): number {
    return Math.max(this.#messages?.wait(now) ?? 0, this.#bytes?.wait(now) ?? 0)
  }
}
