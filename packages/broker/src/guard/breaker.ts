import type { Clock, Timer } from '@fastify-realtime/protocol'

export interface BreakerOptions {
  /** How many calls in a row must fail until no more are tried. */
  readonly failures: number
  /** Milliseconds between probes while it is open. */
  readonly probeInterval: number
  readonly clock: Clock
}

/**
 * Opens when calls keep failing, so that nobody waits for what will not come, and closes when a probe succeeds: traffic
 * is not needed to find out. It counts failures in a row and nothing else, because it is asked for every publication.
 *
 * Our own, because no release of opossum takes all of our Node versions (10 refuses Node 20, 9 does not take 26) and cockatiel
 * 4 refuses Node 20, too; and both wait for traffic to look again, and take no clock.
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #probe: () => Promise<unknown>
  readonly #changed: () => void
  #failures = 0
  #timer: Timer | undefined
  #open = false

  constructor (options: BreakerOptions, probe: () => Promise<unknown>, changed: () => void) {
    this.#options = options
    this.#probe = probe
    this.#changed = changed
  }

  get open (): boolean { return this.#open }

  success (): void {
    this.#failures = 0
    if (!this.#open) return
    this.clear()
    this.#open = false
    this.#changed()
  }

  failure (): void {
    this.#failures++
    if (this.#open || this.#failures < this.#options.failures) return
    this.#open = true
    this.#schedule()
    this.#changed()
  }

  clear (): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #schedule (): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#probe().then(() => this.success(), () => { if (this.#timer !== undefined) this.#schedule() })
    }, this.#options.probeInterval)
  }
}
