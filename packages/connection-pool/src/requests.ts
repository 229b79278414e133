import { isFailureCode, isReply, messageFailure } from '@fastify-realtime/protocol'
import type { Clock, Message, ServerRequest, Timer } from '@fastify-realtime/protocol'

export interface RequestOptions {
  readonly timeout?: number
  readonly signal?: AbortSignal
}

interface Pending {
  readonly resolve: (data: unknown) => void
  readonly reject: (error: unknown) => void
  readonly release: () => void
}

const defaultTimeout = 10_000

/** What the server asked one client and waits for. */
export class Requests {
  readonly #clock: Clock
  readonly #pending = new Map<string, Pending>()
  #last = 0

  constructor (clock: Clock) {
    this.#clock = clock
  }

  get size (): number { return this.#pending.size }

  /** Sends by `send`; settles by `answer`, `fail`, the timeout or the signal. */
  ask (send: (request: ServerRequest) => void, name: string, data: unknown, { timeout = defaultTimeout, signal }: RequestOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const id = `s${++this.#last}`
      const abort = (): void => this.#take(id)?.reject(signal?.reason)
      const timer: Timer = this.#clock.setTimeout(() => {
        this.#take(id)?.reject(messageFailure('timeout', `no reply to ${name} within ${timeout} ms`))
      }, timeout)
      signal?.addEventListener('abort', abort)
      const release = (): void => {
        this.#clock.clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      this.#pending.set(id, { resolve, reject, release })
      send(data === undefined ? { type: 'request', id, name } : { type: 'request', id, name, data })
    })
  }

  /** Answers `false` when nobody waits for it. */
  answer (message: Message): boolean {
    const pending = this.#take(message.id as string)
    if (pending === undefined) return false
    if (isReply(message)) pending.resolve(message.data)
    else pending.reject(readFailure(message as Message & { readonly code?: unknown }))
    return true
  }

  /** Nobody will answer any more. */
  end (): void {
    for (const id of this.#pending.keys()) this.#take(id)?.reject(messageFailure('unavailable', 'the connection is closed'))
  }

  #take (id: string): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.release()
    return pending
  }
}

/** Whatever the client wrote becomes a failure that cannot lie about its shape. */
function readFailure (answer: { readonly code?: unknown, readonly message?: unknown, readonly details?: unknown }): Error {
  const { code, message: words, details } = answer
  return messageFailure(isFailureCode(code) ? code : 'internal', typeof words === 'string' ? words : 'the client refused',
    details === undefined ? {} : { details })
}
