import type { FastifyInstance } from 'fastify'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import type { Message } from '@fastify-realtime/protocol'
import { refuse } from './checks.ts'
import type { Deadlines } from './deadlines.ts'
import { answerError, answerWith, errorHandlersOf } from './error-handlers.ts'
import { Exchange, type ExchangeRoute } from './exchange.ts'
import type { FailureBody } from './failure-body.ts'
import { HookReply } from './hook-reply.ts'
import type { MessageHandler } from './message-context.ts'
import { runHooks, type MessageHook } from './message-hook.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { sendPlain, sendSerialized, type SendReply } from './reply-sender.ts'
import type { MessageSchema } from './schema-types.ts'
import { isThenable } from './thenable.ts'
import type { MessageTrace } from './tracing.ts'
import { compileData, type Validate } from './validation.ts'

export interface RouteParts {
  /** With the prefix of its scope. */
  readonly type: string
  readonly scope: FastifyInstance
  readonly handler: MessageHandler
  readonly schema: MessageSchema
  readonly only: readonly string[] | null
  readonly preValidation: readonly MessageHook[]
  readonly preHandler: readonly MessageHook[]
  readonly limiter: RateLimiter | null
  readonly deadlines: Deadlines | null
  readonly idempotent: boolean
}

/**
 * Takes a message from its rate limit to its answer. A route without hooks, whose schema and handler are synchronous,
 * answers before `run` returns, and makes no promise.
 */
export class Route implements ExchangeRoute {
  readonly type: string
  readonly scope: FastifyInstance
  readonly deadlines: Deadlines | null
  readonly idempotent: boolean
  readonly #parts: RouteParts
  readonly #handler: MessageHandler
  readonly #limiter: RateLimiter | null
  readonly #hooked: boolean
  #send: SendReply = sendPlain
  #validate: Validate | null = null
  #errorHandlers: ReturnType<typeof errorHandlersOf> = []

  constructor (parts: RouteParts) {
    this.type = parts.type
    this.scope = parts.scope
    this.deadlines = parts.deadlines
    this.idempotent = parts.idempotent
    this.#parts = parts
    this.#handler = parts.handler
    this.#limiter = parts.limiter
    this.#hooked = parts.preValidation.length + parts.preHandler.length > 0
  }

  get send (): SendReply {
    return this.#send
  }

  /**
   * Takes what the scope has once every plugin is loaded: its compilers and its error handlers.
   * @throws {FRT_ERR_MESSAGE_SCHEMA}
   * @throws {FRT_ERR_MESSAGE_OPTION} when `only` names an endpoint that does not exist
   */
  compile (pool: ConnectionPool): void {
    const { only, schema: { data, reply } } = this.#parts
    for (const url of only ?? []) {
      if (!this.scope.hasRoute({ method: 'GET', url })) refuse(`message "${this.type}"`, 'only', 'the URL pattern of a route', url)
    }
    if (data !== undefined) this.#validate = compileData(this.scope, this.type, data)
    if (reply !== undefined) this.#send = sendSerialized(pool, this.scope, this.type, reply)
    this.#errorHandlers = errorHandlersOf(this.scope)
  }

  run (connection: Connection, message: Message, trace?: MessageTrace): void | Promise<void> {
    const exchange = new Exchange(this, connection, message, trace)
    if (this.#limiter !== null) {
      const retryAfter = this.#limiter.take(connection)
      if (retryAfter > 0) return exchange.refuse(rateLimited(retryAfter))
    }
    try {
      const result = this.#hooked ? this.#runHooks(exchange) : this.#runHandler(exchange)
      if (isThenable(result)) return this.#settle(exchange, result)
      exchange.succeed(result)
    } catch (error) {
      const answering = answerError(this.#errorHandlers, exchange, error)
      if (answering !== undefined) return this.#settle(exchange, answering)
      exchange.end()
    }
  }

  /** What it answers is the reply, unless the exchange was answered already. */
  #runHandler (exchange: Exchange): unknown {
    const checking = this.#check(exchange)
    return checking === undefined ? this.#handler.call(this.scope, exchange) : this.#runLater(exchange, checking)
  }

  async #runLater (exchange: Exchange, checking: PromiseLike<void>): Promise<unknown> {
    await checking
    return exchange.answered ? undefined : this.#handler.call(this.scope, exchange)
  }

  async #runHooks (exchange: Exchange): Promise<unknown> {
    const { preValidation, preHandler } = this.#parts
    const reply = exchange.hookReply = new HookReply()
    if (await runHooks(preValidation, exchange, reply)) return answerWith(exchange, reply)
    await this.#check(exchange)
    if (await runHooks(preHandler, exchange, reply)) return answerWith(exchange, reply)
    return this.#handler.call(this.scope, exchange)
  }

  /** Validates, and puts in the data that the schema made. */
  #check (exchange: Exchange): PromiseLike<void> | undefined {
    if (this.#validate === null) return undefined
    const data = this.#validate(exchange.data)
    if (isThenable(data)) return data.then((later) => { exchange.data = later })
    exchange.data = data
  }

  /** For the pool: kept when the exchange ends, so that the connection's next message may come. */
  #settle (exchange: Exchange, result: PromiseLike<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      exchange.wait(resolve)
      const fail = (error: unknown): void => {
        // What a logger throws must reach the pool, and never be an unhandled rejection.
        this.#answerLater(exchange, error).then(() => exchange.end(), reject)
      }
      Promise.resolve(result).then((value) => {
        try {
          exchange.succeed(value)
        } catch (error) {
          fail(error)
        }
      }, fail)
    })
  }

  async #answerLater (exchange: Exchange, error: unknown): Promise<void> {
    await answerError(this.#errorHandlers, exchange, error)
  }
}

function rateLimited (retryAfter: number): FailureBody {
  return { code: 'rate-limited', message: 'too many messages of this type', retry: true, details: { retryAfter } }
}
