/** An answer as hooks and the error handler give it: a status, which maps to a failure code, and a payload. */
export class HookReply {
  readonly raw: { statusCode: number } = { statusCode: 200 }
  #onSend: (() => void) | undefined
  #sent = false
  #payload: unknown

  get statusCode (): number {
    return this.raw.statusCode
  }

  get sent (): boolean {
    return this.#sent
  }

  get payload (): unknown {
    return this.#payload
  }

  /** @throws {RangeError} for what is no HTTP status, so that a slip of a hook refuses rather than answers */
  code (status: number): this {
    if (!(status >= 100 && status <= 599)) throw new RangeError(`Expected an HTTP status, got ${String(status)}.`)
    this.raw.statusCode = Number(status)
    return this
  }

  status (status: number): this {
    return this.code(status)
  }

  /** Answers the message, so that neither later hooks nor the handler run. The first call counts. */
  send (payload?: unknown): this {
    if (this.#sent) return this
    this.#sent = true
    this.#payload = payload
    this.#onSend?.()
    return this
  }

  /** Whoever waits for the hook is told once it sends. */
  onSend (listener: () => void): void {
    this.#onSend = listener
  }

  /** A message has no headers: accepted, for hooks that were written for HTTP, and ignored. */
  header (): this {
    return this
  }

  headers (): this {
    return this
  }

  type (): this {
    return this
  }
}
