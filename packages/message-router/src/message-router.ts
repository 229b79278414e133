import type { FastifyInstance } from 'fastify'
import type { Connection, ConnectionPool } from '@fastify-realtime/connection-pool'
import { failureEnvelope, type Message } from '@fastify-realtime/protocol'
import { Carriers } from './carriers.ts'
import { checkType, refuse } from './checks.ts'
import { Deadlines } from './deadlines.ts'
import type { FailureBody } from './failure-body.ts'
import type { MessageHandler } from './message-context.ts'
import { resolveMessageOptions, type MessageOptions, type ResolvedMessageOptions } from './message-options.ts'
import type { MessageRoute } from './message-route.ts'
import type { ResolvedOptions } from './options.ts'
import { RateLimiter } from './rate-limiter.ts'
import { RouteTable } from './route-table.ts'
import { Route } from './route.ts'
import { nothing, Scopes } from './scope.ts'
import { messageChannel, traced } from './tracing.ts'

const unauthenticated: FailureBody = Object.freeze({ code: 'unauthenticated', message: 'this endpoint needs a principal: its route must authenticate, or say anonymous: true', retry: false })
const unknownType: FailureBody = Object.freeze({ code: 'unknown-type', message: 'nobody handles this message type', retry: false })

/** Knows every message route and gives each message to its own. */
export class MessageRouter {
  readonly scopes: Scopes = new Scopes()
  readonly #pool: ConnectionPool
  readonly #options: ResolvedOptions
  readonly #carriers = new Carriers()
  readonly #table = new RouteTable<Route>()
  readonly #limiters: RateLimiter[] = []
  readonly #deadlines = new Map<number, Deadlines>()
  readonly #routes: Route[] = []
  #compiled = false

  constructor (pool: ConnectionPool, options: ResolvedOptions) {
    this.#pool = pool
    this.#options = options
  }

  /** Adds a route. It is compiled when every scope has its compilers, or at once if they have them. */
  add (scope: FastifyInstance, ownType: string, options: MessageOptions, handler: MessageHandler): MessageRoute {
    checkType(ownType, options.builtIn === true)
    if (typeof handler !== 'function') refuse(`message "${ownType}"`, 'handler', 'a function', handler)
    const resolved = resolveMessageOptions(ownType, options, this.#options.timeout)
    const around = resolved.builtIn ? nothing : this.scopes.of(scope)
    const type = around.prefix + ownType
    checkType(type, resolved.builtIn)
    const route = new Route({
      type,
      scope,
      handler,
      schema: resolved.schema,
      only: resolved.only,
      preValidation: [...around.preValidation, ...resolved.preValidation],
      preHandler: [...around.preHandler, ...resolved.preHandler],
      limiter: this.#limiterFor(resolved),
      deadlines: this.#deadlinesOf(resolved.timeout),
      idempotent: resolved.idempotent
    })
    this.#table.add(type, resolved.only, route)
    if (this.#compiled) {
      route.compile(this.#pool)
    } else {
      this.#carriers.prepare(scope, type, resolved.schema)
      this.#routes.push(route)
    }
    return Object.freeze({ type }) as MessageRoute
  }

  /** Call when every plugin is loaded. */
  compile (): void {
    for (const route of this.#routes) route.compile(this.#pool)
    this.#compiled = true
  }

  /** The receiver of the pool. */
  receive (connection: Connection, message: Message): void | Promise<void> {
    if (connection.principal === null && !connection.endpoint.anonymous) return refuseMessage(connection, message, unauthenticated)
    const route = this.#table.find(connection.route, message.type)
    if (route === undefined) return refuseMessage(connection, message, unknownType)
    return messageChannel.hasSubscribers
      ? traced(connection, message, (trace) => route.run(connection, message, trace))
      : route.run(connection, message)
  }

  forget (connection: Connection): void {
    for (const limiter of this.#limiters) limiter.forget(connection)
  }

  stop (): void {
    for (const deadlines of this.#deadlines.values()) deadlines.stop()
  }

  #limiterFor ({ rateLimit }: ResolvedMessageOptions): RateLimiter | null {
    if (rateLimit === null) return null
    const limiter = new RateLimiter(rateLimit, this.#options.clock)
    this.#limiters.push(limiter)
    return limiter
  }

  #deadlinesOf (timeout: number | false): Deadlines | null {
    if (timeout === false) return null
    const deadlines = this.#deadlines.get(timeout) ?? new Deadlines(this.#options.clock, timeout)
    this.#deadlines.set(timeout, deadlines)
    return deadlines
  }
}

function refuseMessage (connection: Connection, { id }: Message, body: FailureBody): void {
  connection.sendEnvelope(failureEnvelope(body, id))
}
