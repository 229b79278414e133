import type { Message } from '@fastify-realtime/protocol'

export interface InboxOwner {
  /** Handles one message. */
  handle (message: Message): void | Promise<void>
  /** Handling one failed, which is a bug of whoever handles. */
  broken (error: unknown): void
  /** The socket should stop reading. */
  pause (): void
  /** The socket should read again. */
  resume (): void
}

export interface InboxLimits {
  /** Messages of one connection that are handled at a time. */
  readonly concurrency: number
  /** Messages that wait behind them. */
  readonly maxQueued: number
}

/** Shared by all that wait for nothing: an array of its own is for who needs it. */
const nothing: Message[] = []

/**
 * Hands over the messages of one connection in the order of their arrival. Half full, it pauses the socket; what was
 * parsed already still comes, is counted, and is refused when nothing more fits.
 */
export class Inbox {
  readonly #owner: InboxOwner
  readonly #limits: InboxLimits
  #waiting = nothing
  #running = 0
  #open = false
  #paused = false
  #idle: (() => void) | undefined

  /** It holds everything back until `open`. */
  constructor (owner: InboxOwner, limits: InboxLimits) {
    this.#owner = owner
    this.#limits = limits
  }

  /** Whether the socket was told to stop. */
  get paused (): boolean { return this.#paused }

  open (): void {
    this.#open = true
    this.#advance()
  }

  /** Answers `false` when it is full. */
  put (message: Message): boolean {
    if (this.#waiting.length >= this.#limits.maxQueued) return false
    if (this.#open && this.#running < this.#limits.concurrency && this.#waiting.length === 0) {
      this.#run(message)
      return true
    }
    if (this.#waiting === nothing) this.#waiting = [message]
    else this.#waiting.push(message)
    if (!this.#paused && this.#waiting.length * 2 >= this.#limits.maxQueued) {
      this.#paused = true
      this.#owner.pause()
    }
    return true
  }

  /** Calls back once, when nothing runs and nothing waits; at once if that is so now. */
  whenIdle (listener: () => void): void {
    this.#idle = listener
    this.#tellIdle()
  }

  /** Forgets what waits. */
  discard (): void {
    this.#waiting = nothing
    this.#idle = undefined
  }

  #advance (): void {
    while (this.#waiting.length > 0 && this.#running < this.#limits.concurrency) this.#run(this.#waiting.shift() as Message)
    if (this.#paused && this.#waiting.length * 4 <= this.#limits.maxQueued) {
      this.#paused = false
      this.#owner.resume()
    }
    this.#tellIdle()
  }

  #run (message: Message): void {
    this.#running++
    const handled = this.#owner.handle(message)
    if (handled === undefined) {
      this.#running--
      return
    }
    handled.then(() => this.#done(), (error: unknown) => {
      this.#owner.broken(error)
      this.#done()
    })
  }

  #done (): void {
    this.#running--
    this.#advance()
  }

  #tellIdle (): void {
    if (this.#running > 0 || this.#waiting.length > 0) return
    const idle = this.#idle
    this.#idle = undefined
    idle?.()
  }
}
