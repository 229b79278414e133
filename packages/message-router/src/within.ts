import { Deadline, type Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'

/** A promise for the pool: kept when the work is done, or its time is up. `work` never rejects. */
export function within (deadlines: Deadlines | null, exchange: Exchange, work: Promise<void>): Promise<void> {
  if (deadlines === null) return work
  return new Promise((resolve) => {
    const deadline = new ExchangeDeadline(exchange, resolve)
    deadlines.add(deadline)
    void work.then(() => {
      if (exchange.expired) return
      deadlines.remove(deadline)
      resolve()
    })
  })
}

class ExchangeDeadline extends Deadline {
  readonly #exchange: Exchange
  readonly #resolve: () => void

  constructor (exchange: Exchange, resolve: () => void) {
    super()
    this.#exchange = exchange
    this.#resolve = resolve
  }

  expire (): void {
    this.#exchange.expire()
    this.#resolve()
  }
}
