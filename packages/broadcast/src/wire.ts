import type { Connection } from '@fastify-realtime/connection-pool'
import { messageFailure } from '@fastify-realtime/protocol'
import type { Allowance } from './allowance.ts'
import type { Assembly } from './assembly.ts'
import type { Action } from './contract.ts'
import { SubscriptionEndedError } from './errors.ts'
import type { Answer } from './recovery.ts'
import { wireData } from './wire-data.ts'

/** What a handler of a message gets from the message router. */
export interface WireContext {
  readonly data: unknown
  /** The id of the message, when its sender wants a reply. */
  readonly id: string | undefined
  readonly connection: Connection
  /** Whether the client has been told a timeout. */
  readonly answered: boolean
  /** Sends the reply at once. */
  readonly reply: (data: unknown) => unknown
}

/** The message router, as far as it is needed; whoever offers this may take its place. */
export interface MessageHost {
  (type: string, options: { readonly builtIn: true }, handler: (context: WireContext) => unknown): unknown
}

/** The messages by which clients subscribe, unsubscribe, read history and publish. */
export class Wire {
  readonly #parts: Assembly
  readonly #allowance: Allowance

  constructor (parts: Assembly, allowance: Allowance) {
    this.#parts = parts
    this.#allowance = allowance
  }

  register (message: MessageHost): void {
    message('subscribe', { builtIn: true }, (context) => this.#subscribe(context))
    message('unsubscribe', { builtIn: true }, (context) => this.#unsubscribe(context))
    message('history', { builtIn: true }, (context) => this.#history(context))
    message('publish', { builtIn: true }, (context) => this.#publish(context))
  }

  async #subscribe (context: WireContext): Promise<void> {
    const { data, connection, reply } = context
    const { subscriptions, subscribing, options } = this.#parts
    if (context.id === undefined) throw messageFailure('invalid-data', 'subscribe needs an id')
    const { topic, ...asked } = wireData.subscribe(data)
    // Asking on for the next page is part of one subscribe.
    if (subscriptions.get(connection, topic)?.stage !== 'paging') this.#allowance.take(connection)
    await this.#ask(connection, 'subscribe', topic, data)
    if (subscriptions.get(connection, topic) === undefined && subscriptions.count(connection) >= options.maxSubscriptions) {
      throw messageFailure('rate-limited', `at most ${options.maxSubscriptions} subscriptions`, { retry: false })
    }
    await subscribing.subscribe(connection, topic, { ...asked, counted: true }, (answer: Answer) => {
      // The client was told a timeout meanwhile, so it does not count on this subscription.
      if (context.answered) throw new SubscriptionEndedError(topic)
      reply(answer)
    })
  }

  #unsubscribe ({ data, connection }: WireContext): void {
    const { subscriptions, subscribing } = this.#parts
    const topic = wireData.topic(data)
    this.#allowance.take(connection)
    const subscription = subscriptions.get(connection, topic)
    if (subscription !== undefined) subscribing.end(subscription, 'requested')
  }

  async #history ({ data, connection }: WireContext): Promise<unknown> {
    const { reader, options } = this.#parts
    const { topic, ...details } = wireData.history(data, options.recovery.maxPublications)
    await this.#ask(connection, 'history', topic, data)
    return reader.read(topic, details, connection)
  }

  async #publish ({ data, connection }: WireContext): Promise<unknown> {
    const { topic, event, data: content, id } = wireData.publish(data)
    await this.#ask(connection, 'publish', topic, data)
    return this.#parts.publisher.publish(topic, event, content, id === undefined ? {} : { id })
  }

  /** @throws {MessageFailure} (or rejects) `forbidden`; whoever may no longer subscribe loses the subscription, too */
  #ask (connection: Connection, action: Action, topic: string, data: unknown): void | Promise<void> {
    const token = wireData.token(data)
    const { principal } = connection
    const allowed = this.#parts.permissions.can(action, token === undefined ? { principal, topic, connection } : { principal, topic, connection, token })
    if (allowed instanceof Promise) return allowed.then((late) => { this.#judge(late, connection, action, topic) })
    this.#judge(allowed, connection, action, topic)
  }

  #judge (allowed: boolean, connection: Connection, action: Action, topic: string): void {
    if (allowed) return
    const { subscriptions, subscribing } = this.#parts
    const held = action === 'subscribe' ? subscriptions.get(connection, topic) : undefined
    if (held !== undefined) subscribing.end(held, 'revoked', subscribing.notice(topic, 'revoked', 'not allowed any more'))
    throw messageFailure('forbidden', `not allowed: ${action}`)
  }
}
