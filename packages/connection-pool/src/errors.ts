import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

type ErrorClass<Code extends string> = FastifyErrorConstructor<{ code: Code }, [string]>
type PlainErrorClass<Code extends string> = FastifyErrorConstructor<{ code: Code }>

/** An option of the pool, or a route's `config.realtime`, that cannot work. */
export const PoolOptionError: ErrorClass<'FRT_ERR_POOL_OPTION'> =
  createError<'FRT_ERR_POOL_OPTION', 500, [string]>('FRT_ERR_POOL_OPTION', '%s', 500)

/** Something else takes the upgrades of this server already. */
export const UpgradesTakenError: ErrorClass<'FRT_ERR_POOL_UPGRADES_TAKEN'> =
  createError<'FRT_ERR_POOL_UPGRADES_TAKEN', 500, [string]>('FRT_ERR_POOL_UPGRADES_TAKEN',
    'expected to be the first to take upgrades, but %s: connection-pool registers @fastify/websocket itself, so register connection-pool once, before the others, and @fastify/websocket not at all', 500)

/** Two plugins want the messages of the pool. */
export const ReceiverTakenError: PlainErrorClass<'FRT_ERR_POOL_RECEIVER_TAKEN'> =
  createError<'FRT_ERR_POOL_RECEIVER_TAKEN', 500>('FRT_ERR_POOL_RECEIVER_TAKEN',
    'the pool has a receiver already: register one message router only', 500)

/** `add` was given a socket that did not come from this server's own upgrades. */
export const ForeignSocketError: PlainErrorClass<'FRT_ERR_POOL_FOREIGN_SOCKET'> =
  createError<'FRT_ERR_POOL_FOREIGN_SOCKET', 500>('FRT_ERR_POOL_FOREIGN_SOCKET',
    'expected the socket of a { websocket: true } route of this app: say websocket: true in the route, and hand the pool the arguments of its handler', 500)

/** A close code that no server may send. */
export const CloseCodeError: ErrorClass<'FRT_ERR_POOL_CLOSE_CODE'> =
  createError<'FRT_ERR_POOL_CLOSE_CODE', 500, [string]>('FRT_ERR_POOL_CLOSE_CODE',
    'expected a close code of 1000–1003, 1007–1014 or 3000–4999, got %s', 500)

/** The upgrade offers subprotocols, and none that the endpoint can select. */
export const NoProtocolError: PlainErrorClass<'FRT_ERR_POOL_NO_PROTOCOL'> =
  createError<'FRT_ERR_POOL_NO_PROTOCOL', 400>('FRT_ERR_POOL_NO_PROTOCOL', 'no subprotocol of the offer can be selected: offer one that the endpoint knows, such as realtime.v1.json, or none', 400)

/** Too many from one address or principal; the answer carries Retry-After. */
export const TooManyError: ErrorClass<'FRT_ERR_POOL_TOO_MANY'> =
  createError<'FRT_ERR_POOL_TOO_MANY', 429, [string]>('FRT_ERR_POOL_TOO_MANY', '%s', 429)

/** The node is full or draining; the answer carries Retry-After. */
export const UnavailableError: ErrorClass<'FRT_ERR_POOL_UNAVAILABLE'> =
  createError<'FRT_ERR_POOL_UNAVAILABLE', 503, [string]>('FRT_ERR_POOL_UNAVAILABLE', '%s', 503)
