import type { Message } from '@fastify-realtime/protocol'

/** Hands the messages of one connection over one at a time, in the order of their arrival. */
export class Inbox {
  readonly #waiting: Message[] = []
  readonly #handle: (message: Message) => void | Promise<void>
  #busy = true

  /** It holds everything back until `open`. */
  constructor (handle: (message: Message) => void | Promise<void>) {
    this.#handle = handle
  }

  get busy (): boolean { return this.#busy || this.#waiting.length > 0 }

  open (): void {
    this.#busy = false
    this.#next()
  }

  put (message: Message): void {
    this.#waiting.push(message)
    if (!this.#busy) this.#next()
  }

  #next (): void {
    while (this.#waiting.length > 0) {
      const handled = this.#handle(this.#waiting.shift() as Message)
      if (handled === undefined) continue
      this.#busy = true
      void handled.finally(() => {
        this.#busy = false
        this.#next()
      })
      return
    }
  }
}
