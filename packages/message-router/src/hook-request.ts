import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Principal } from '@fastify-realtime/protocol'
import type { Exchange } from './exchange.ts'

const noHeaders: Readonly<Record<string, string | undefined>> = Object.freeze({})

/**
 * A message as hooks and the error handler see it: the part of a Fastify request that a message has. Whatever a hook
 * adds to it, later hooks of the same message find.
 */
export class HookRequest {
  /** The message's type. */
  readonly type: string
  readonly server: FastifyInstance
  readonly #exchange: Exchange

  constructor (exchange: Exchange, type: string, server: FastifyInstance) {
    this.#exchange = exchange
    this.type = type
    this.server = server
  }

  get connection (): Connection {
    return this.#exchange.connection
  }

  /** The connection's, and for a hook not to change: the handler gets this one in any case. */
  get principal (): Principal | null {
    return this.connection.principal
  }

  /** The peer's address. */
  get ip (): string {
    return this.connection.address
  }

  /** Empty: a connection does not keep the headers of its upgrade. */
  get headers (): Readonly<Record<string, string | undefined>> {
    return noHeaders
  }

  /** The message's `data`; what a hook puts here the handler gets. */
  get body (): unknown {
    return this.#exchange.data
  }

  set body (data: unknown) {
    this.#exchange.data = data
  }

  get log (): FastifyBaseLogger {
    return this.#exchange.log
  }

  get signal (): AbortSignal {
    return this.#exchange.signal
  }
}
