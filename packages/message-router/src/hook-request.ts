import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Principal } from '@fastify-realtime/protocol'
import type { Exchange } from './exchange.ts'

/**
 * A message as hooks and the error handler see it: the part of a Fastify request that a message has. Whatever a hook
 * adds to it, later hooks of the same message find.
 */
export class HookRequest {
  /** The message's type. */
  readonly type: string
  readonly connection: Connection
  /** The peer's address. */
  readonly ip: string
  /** Empty: a connection does not keep the headers of its upgrade. */
  readonly headers: Readonly<Record<string, string | undefined>> = {}
  readonly server: FastifyInstance
  principal: Principal | null
  readonly #exchange: Exchange

  constructor (exchange: Exchange, type: string, server: FastifyInstance) {
    this.#exchange = exchange
    this.type = type
    this.connection = exchange.connection
    this.principal = exchange.connection.principal
    this.ip = exchange.connection.address
    this.server = server
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
