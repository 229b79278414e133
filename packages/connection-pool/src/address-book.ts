import type { Clock } from '@fastify-realtime/protocol'
import { LeakyBucket } from './rate.ts'
import type { Rate } from './rate.ts'

/** Addresses whose rate is remembered; the one that came first is forgotten for a new one. */
const MAX_RATES = 65_536

/** Old entries looked at for each new one, so that the book shrinks by itself. */
const SWEPT_PER_ENTRY = 2

/** How many connections each address has, and how fast new ones come. */
export class AddressBook {
  readonly #clock: Clock
  readonly #rate: Rate | false
  readonly #open = new Map<string, number>()
  readonly #rates = new Map<string, LeakyBucket>()

  constructor (clock: Clock, rate: Rate | false) {
    this.#clock = clock
    this.#rate = rate
  }

  /** Entries that are held. */
  get size (): number { return this.#open.size + this.#rates.size }

  count (key: string): number {
    return this.#open.get(key) ?? 0
  }

  acquire (key: string): void {
    this.#open.set(key, this.count(key) + 1)
  }

  release (key: string): void {
    const count = this.count(key) - 1
    if (count > 0) this.#open.set(key, count)
    else this.#open.delete(key)
  }

  /** Milliseconds until the address may try again; 0 when it may now, which is counted. */
  wait (key: string): number {
    if (this.#rate === false) return 0
    const now = this.#clock.now()
    this.sweep(SWEPT_PER_ENTRY)
    const bucket = this.#rates.get(key) ?? this.#enter(key, new LeakyBucket(this.#rate))
    return bucket.take(now) ? 0 : bucket.wait(now)
  }

  /** Forgets addresses that are as good as new, looking at so many of the oldest. */
  sweep (count: number): void {
    const now = this.#clock.now()
    for (const [key, bucket] of this.#rates) {
      if (count-- === 0) return
      this.#rates.delete(key)
      if (!bucket.isEmpty(now)) this.#rates.set(key, bucket)
    }
  }

  #enter (key: string, bucket: LeakyBucket): LeakyBucket {
    if (this.#rates.size >= MAX_RATES) {
      for (const oldest of this.#rates.keys()) {
        this.#rates.delete(oldest)
        break
      }
    }
    this.#rates.set(key, bucket)
    return bucket
  }
}
