import { createInbox } from '@nats-io/nats-core'
import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { NatsConnection, NatsMessage, NatsSubscription } from './connection.ts'

interface Wait {
  readonly expires: number
  readonly messages: NatsMessage[]
  /** How many messages make the answer whole. */
  readonly count: number
  readonly resolve: (messages: NatsMessage[]) => void
  readonly reject: (error: Error) => void
}

export interface RequestParts {
  readonly connection: NatsConnection
  readonly inboxPrefix: string
  readonly timeout: number
  readonly clock: Clock
}

/** Nobody listens to the subject: JetStream is off, or the stream is gone. */
export class NobodyListensError extends Error {}

/**
 * Questions and answers over one subscription and with one timer. Unlike the requests of nats.js they fail together as soon
 * as the connection is lost, because what was sent then may have been done or not.
 */
export class Requests {
  readonly #parts: RequestParts
  readonly #inbox: string
  readonly #waits = new Map<string, Wait>()
  #subscription: NatsSubscription | undefined
  #timer: Timer | undefined
  #next = 0
  #closed = false

  constructor (parts: RequestParts) {
    this.#parts = parts
    this.#inbox = createInbox(parts.inboxPrefix)
  }

  open (): void {
    this.#subscription = this.#parts.connection.subscribe(`${this.#inbox}.*`, {
      callback: (_error, message) => this.#answer(message.subject.slice(this.#inbox.length + 1), message)
    })
  }

  /** One answer. */
  async ask (subject: string, payload: Uint8Array | string, headers?: object): Promise<NatsMessage> {
    const name = this.#name()
    const [answer] = await this.#send(name, `${this.#inbox}.${name}`, 1, subject, payload, headers)
    if (answer === undefined) throw new Error('an answer without content')
    return answer
  }

  /** As many answers, or fewer when the server says that there are no more. */
  async collect (subject: string, payload: string, count: number): Promise<NatsMessage[]> {
    const name = this.#name()
    const reply = `${this.#inbox}-${name}`
    // What a consumer sends has the subject that it was published to, so only the subscription tells what it answers.
    const subscription = this.#parts.connection.subscribe(reply, { callback: (_error, message) => this.#answer(name, message) })
    try {
      return await this.#send(name, reply, count, subject, payload)
    } finally {
      subscription.unsubscribe()
    }
  }

  /** Settles when the server has done all that was sent before. */
  async roundTrip (): Promise<void> {
    const name = this.#name()
    const subject = `${this.#inbox}.${name}`
    await this.#send(name, subject, 1, subject, '')
  }

  /** Rejects all that waits. */
  fail (why: string): void {
    for (const wait of this.#waits.values()) wait.reject(new Error(why))
    this.#waits.clear()
  }

  close (): void {
    this.#closed = true
    this.fail('it has been stopped')
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    this.#subscription?.unsubscribe()
  }

  #name (): string {
    if (this.#closed) throw new Error('it has been stopped')
    return String(++this.#next)
  }

  #send (name: string, reply: string, count: number, subject: string, payload: Uint8Array | string, headers?: object): Promise<NatsMessage[]> {
    return new Promise((resolve, reject) => {
      const { connection, clock, timeout } = this.#parts
      connection.publish(subject, payload, headers === undefined ? { reply } : { reply, headers })
      this.#waits.set(name, { expires: clock.now() + timeout, messages: [], count, resolve, reject })
      this.#timer ??= clock.setTimeout(() => this.#expire(), timeout)
    })
  }

  #answer (name: string, message: NatsMessage): void {
    const wait = this.#waits.get(name)
    if (wait === undefined) return
    const status = message.headers?.code ?? 0
    if (status === 0) wait.messages.push(message)
    if (status === 0 && wait.messages.length < wait.count) return
    this.#waits.delete(name)
    if (status === 503) wait.reject(new NobodyListensError('nobody listens; is JetStream enabled for this account?'))
    else wait.resolve(wait.messages)
  }

  /** All waits last equally long, so they expire in the order in which they began. */
  #expire (): void {
    const { clock, timeout } = this.#parts
    this.#timer = undefined
    const now = clock.now()
    for (const [name, wait] of this.#waits) {
      if (wait.expires > now) {
        this.#timer = clock.setTimeout(() => this.#expire(), wait.expires - now)
        return
      }
      this.#waits.delete(name)
      wait.reject(new Error(`no answer within ${timeout} ms; the work may be done all the same`))
    }
  }
}
