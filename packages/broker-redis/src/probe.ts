import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { Session } from './session.ts'

export interface ProbeOptions {
  /** Milliseconds; `false` probes nothing. */
  readonly probeInterval: number | false
  readonly sharded: boolean
  readonly clock: Clock
}

/**
 * A subscribing connection that hears nothing looks like one to which nobody talks. So the node talks to itself, and takes a
 * new connection when it did not hear it by the next time.
 */
export class Probe {
  readonly #session: Session
  readonly #channel: string
  readonly #options: ProbeOptions
  #waiting = false
  #timer: Timer | undefined

  constructor (session: Session, channel: string, options: ProbeOptions) {
    this.#session = session
    this.#channel = channel
    this.#options = options
  }

  start (): void {
    const { probeInterval, clock } = this.#options
    if (probeInterval !== false) this.#timer = clock.setTimeout(() => this.#beat(), probeInterval)
  }

  heard (): void {
    this.#waiting = false
  }

  stop (): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #beat (): void {
    const { sharded } = this.#options
    if (this.#waiting && this.#session.subscriber.ready) this.#session.subscriber.reset()
    this.#waiting = true
    // Only what was really sent can be missed.
    this.#session.command([sharded ? 'SPUBLISH' : 'PUBLISH', this.#channel, '']).catch(() => { this.#waiting = false })
    this.start()
  }
}
