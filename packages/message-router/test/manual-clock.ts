import type { Clock } from '@fastify-realtime/protocol'

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Map<object, { at: number, callback: () => void }>()

  now (): number {
    return this.#now
  }

  time (): number {
    return this.#now
  }

  get timers (): number {
    return this.#timers.size
  }

  setTimeout (callback: () => void, delay: number): object {
    const timer = {}
    this.#timers.set(timer, { at: this.#now + delay, callback })
    return timer
  }

  clearTimeout (timer: object | number): void {
    this.#timers.delete(timer as object)
  }

  pass (milliseconds: number): void {
    this.#now += milliseconds
    for (const [timer, { at, callback }] of this.#timers) {
      if (at > this.#now) continue
      this.#timers.delete(timer)
      callback()
    }
  }
}
