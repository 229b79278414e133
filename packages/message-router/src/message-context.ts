import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Principal } from '@fastify-realtime/protocol'

declare const brand: unique symbol

/** What `reply()` returns, so that a handler can end with `return reply(data)`. It is never sent. */
export interface Replied {
  readonly [brand]: true
}

export const replied: Replied = Object.freeze({}) as Replied

/** What a handler gets. The fields are getters, so take what you need: `async ({ data, principal }) => …`. */
export interface MessageContext<Data = unknown, Reply = unknown> {
  /** The message's `data`, validated. */
  readonly data: Data
  /** What the reply will carry; `undefined` when the sender wants none. */
  readonly id: string | undefined
  readonly connection: Connection
  /** Who the connection acts for. It is `null` only on an endpoint with `anonymous: true`. */
  readonly principal: Principal
  /** The scope's logger with the connection's id and the message type. */
  readonly log: FastifyBaseLogger
  /** Aborted when the connection ends or the route's `timeout` is over. */
  readonly signal: AbortSignal
  /** Whether the message has its answer already, such as the failure at its deadline. */
  readonly answered: boolean
  /**
   * Sends the reply at once, ahead of anything that is sent to the connection after this call. Without it the returned
   * value is the reply.
   * @throws {FRT_ERR_MESSAGE_REPLY_SENT} when the message was answered already.
   */
  readonly reply: (data: Reply) => Replied
}

/** Handles one message; `this` is the Fastify instance of the scope that registered it. */
export type MessageHandler<Data = unknown, Returned = unknown, Reply = unknown> =
  (this: FastifyInstance, context: MessageContext<Data, Reply>) => Returned | Promise<Returned>
