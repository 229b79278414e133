import { overTurns } from './over-turns.ts'

interface Waiter<Value> {
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/**
 * One answer that many wait for. They are told over turns of the event loop: each goes on with work of its own, and that of
 * thousands at once would stop everything else.
 */
export class SharedAnswer<Value> {
  readonly #answer: Promise<Value>
  readonly #waiting: Array<Waiter<Value>> = []
  #settled = false

  constructor (answer: Promise<Value>) {
    this.#answer = answer
    answer.then(
      (value) => this.#tell(({ resolve }) => resolve(value)),
      (error: unknown) => this.#tell(({ reject }) => reject(error))
    )
  }

  get (): Promise<Value> {
    // Whoever asks later does so in a turn of its own.
    if (this.#settled) return this.#answer
    return new Promise((resolve, reject) => { this.#waiting.push({ resolve, reject }) })
  }

  #tell (tell: (waiter: Waiter<Value>) => void): void {
    this.#settled = true
    overTurns(this.#waiting, tell)
  }
}
