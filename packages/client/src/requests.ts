import type { Clock, Encoded, Failure, Reply } from '@fastify-realtime/protocol'
import { Alarm } from './alarm.ts'
import { RealtimeError, temporary } from './errors.ts'
import type { ClientCodec } from './json.ts'
import type { Link } from './link.ts'

export interface SendOptions {
  /** Whether to wait for a connection when there is none. Default `true`. */
  readonly queue?: boolean
}

export interface RequestOptions extends SendOptions {
  /** Milliseconds to wait for the reply, the wait for a connection included; `false`: for ever. Default: the client's. */
  readonly timeout?: number | false
  /** Gives the request up; it rejects with the signal's reason. What was sent already the server may still handle. */
  readonly signal?: AbortSignal
  /** Send it again when the connection ends before the reply. For what may be handled twice without harm. Default `false`. */
  readonly resend?: boolean
}

export interface RequestsOptions {
  readonly codec: Pick<ClientCodec, 'encode'>
  readonly clock: Clock
  readonly timeout: number
  readonly maxQueued: number
}

/** What messages go over while there is something. */
export interface Way {
  readonly link: Pick<Link, 'send'> | undefined
}

interface Entry {
  readonly encoded: Encoded
  readonly resend?: boolean | undefined
  readonly fail: (error: unknown) => void
}

interface Pending extends Entry {
  readonly done: (data: unknown) => void
}

/** Messages on their way: those that wait for a connection and those that wait for a reply. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #way: Way
  readonly #pending = new Map<string, Pending>()
  readonly #queue = new Set<Entry>()
  #ids = 0
  /** Why nothing can be sent any more. */
  closed: RealtimeError | undefined

  constructor (options: RequestsOptions, way: Way) {
    this.#options = options
    this.#way = way
  }

  /** Answers whether it was sent or waits to be. */
  send (type: string, data: unknown, { queue }: SendOptions = {}): boolean {
    let taken = true
    this.#place({ encoded: this.#options.codec.encode({ type, data }), fail: () => { taken = false } }, queue)
    return taken
  }

  request (type: string, data: unknown, options: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => this.ask(type, data, options, resolve, reject))
  }

  /** Like `request`, but the answer is given in the very turn in which it comes, before what comes behind it. */
  ask (
    type: string, data: unknown, { timeout = this.#options.timeout, signal, resend, queue }: RequestOptions,
    done: (data: unknown) => void, fail: (error: unknown) => void
  ): void {
    if (signal?.aborted === true) return fail(signal.reason)
    const id = String(++this.#ids)
    const alarm = new Alarm(this.#options.clock)
    const settle = <Value>(report: (value: Value) => void) => (value: Value): void => {
      alarm.stop()
      signal?.removeEventListener('abort', abort)
      this.#pending.delete(id)
      this.#queue.delete(entry)
      report(value)
    }
    const entry = { encoded: this.#options.codec.encode({ type, id, data }), resend, done: settle(done), fail: settle(fail) }
    const abort = (): void => entry.fail(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (timeout !== false) alarm.set(timeout, () => entry.fail(temporary('timeout', `No reply to ${type}.`)))
    this.#pending.set(id, entry)
    this.#place(entry, queue)
  }

  /** A reply or a failure came. */
  reply (envelope: Reply | Failure): void {
    const pending = this.#pending.get(envelope.id as string)
    if (envelope.type === 'reply') pending?.done(envelope.data)
    else pending?.fail(new RealtimeError(envelope.code, envelope.message, envelope))
  }

  /** There is a connection: what waits for one goes out, in order. */
  open (): void {
    const waiting = [...this.#queue]
    this.#queue.clear()
    for (const entry of waiting) this.#place(entry)
  }

  /** The connection ended. */
  pause (): void {
    for (const entry of this.#pending.values()) {
      if (entry.resend) this.#queue.add(entry)
      else if (!this.#queue.has(entry)) entry.fail(temporary('connection-lost', 'Connection lost.'))
    }
  }

  /** There will be no connection any more. */
  end (error: RealtimeError): void {
    this.closed = error
    for (const entry of this.#pending.values()) entry.fail(error)
    this.#queue.clear()
  }

  #place (entry: Entry, queue = true): void {
    const { link } = this.#way
    if (this.closed !== undefined) entry.fail(this.closed)
    else if (link === undefined && !queue) entry.fail(temporary('offline', 'Not connected.'))
    else if (!(link?.send(entry.encoded) ?? this.#queue.size < this.#options.maxQueued)) entry.fail(temporary('queue-full', 'Too many messages.'))
    else if (link === undefined) this.#queue.add(entry)
  }
}
