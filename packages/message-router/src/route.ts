import type { FastifyInstance } from 'fastify'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import type { Message } from '@fastify-realtime/protocol'
import { refuse } from './checks.ts'
import type { Deadlines } from './deadlines.ts'
import { answerError, answerWith, errorHandlersOf, refuseWith } from './error-handlers.ts'
import { Exchange, type ExchangeRoute } from './exchange.ts'
import type { FailureBody } from './failure-body.ts'
import { HookReply } from './hook-reply.ts'
import { HookRequest } from './hook-request.ts'
import type { MessageHandler } from './message-context.ts'
import type { MessageHook } from './message-hook.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { compileReply, sendPlain, sendSerialized, type SendReply } from './reply-sender.ts'
import { runHooks } from './run-hook.ts'
import type { MessageSchema } from './schema-types.ts'
import { isThenable } from './thenable.ts'
import type { MessageTrace } from './tracing.ts'
import { compileData, type Validate, type Validation } from './validation.ts'
import { within } from './within.ts'

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
    if (reply !== undefined) this.#send = sendSerialized(pool, compileReply(this.scope, this.type, reply))
    this.#errorHandlers = errorHandlersOf(this.scope)
  }

  run (connection: Connection, message: Message, trace?: MessageTrace): void | Promise<void> {
    const exchange = new Exchange(this, connection, message, trace)
    if (this.#limiter !== null) {
      const retryAfter = this.#limiter.take(connection)
      if (retryAfter > 0) return exchange.refuse(rateLimited(retryAfter))
    }
    if (this.#hooked) return within(this.deadlines, exchange, this.#runWithHooks(exchange))
    try {
      const validation = this.#validate === null ? undefined : this.#validate(exchange.data)
      if (isThenable(validation)) return within(this.deadlines, exchange, this.#runLater(exchange, validation))
      if (validation !== undefined) exchange.data = dataOf(validation)
      const result = this.#handle(exchange)
      if (isThenable(result)) return within(this.deadlines, exchange, this.#settle(exchange, result))
      exchange.succeed(result)
    } catch (error) {
      return this.#fail(exchange, error)
    }
  }

  #handle (exchange: Exchange): unknown {
    return this.#handler.call(this.scope, exchange)
  }

  async #settle (exchange: Exchange, result: PromiseLike<unknown>): Promise<void> {
    try {
      exchange.succeed(await result)
    } catch (error) {
      await this.#fail(exchange, error)
    }
  }

  async #runLater (exchange: Exchange, validation: Promise<Validation>): Promise<void> {
    try {
      exchange.data = dataOf(await validation)
      exchange.succeed(await this.#handle(exchange))
    } catch (error) {
      await this.#fail(exchange, error)
    }
  }

  async #runWithHooks (exchange: Exchange): Promise<void> {
    const { scope } = this
    const request = new HookRequest(exchange, this.type, scope)
    const reply = new HookReply()
    try {
      let sent = this.#parts.preValidation.length > 0 && await runHooks(this.#parts.preValidation, scope, request, reply)
      if (!sent) {
        if (this.#validate !== null) exchange.data = dataOf(await this.#validate(exchange.data))
        sent = this.#parts.preHandler.length > 0 && await runHooks(this.#parts.preHandler, scope, request, reply)
      }
      if (sent) answerWith(exchange, reply)
      else if (!exchange.answered) exchange.succeed(await this.#handle(exchange))
    } catch (error) {
      await this.#fail(exchange, error, request, reply.statusCode)
    }
  }

  #fail (exchange: Exchange, error: unknown, request?: HookRequest, status: number = 200): void | Promise<void> {
    if (exchange.answered) exchange.log.warn({ err: error }, 'message failed after its answer')
    else if (this.#errorHandlers.length === 0) refuseWith(exchange, error, status)
    else return answerError(this.#errorHandlers, exchange, request ?? new HookRequest(exchange, this.type, this.scope), error, status)
  }
}

function dataOf (validation: Validation): unknown {
  if ('error' in validation) throw validation.error
  return validation.data
}

function rateLimited (retryAfter: number): FailureBody {
  return { code: 'rate-limited', message: 'too many messages of this type', retry: true, details: { retryAfter } }
}
