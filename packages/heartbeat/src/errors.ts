import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

/** An option of the heartbeat, or a route's `config.realtime.heartbeat`, that cannot work. */
export const HeartbeatOptionError: FastifyErrorConstructor<{ code: 'FRT_ERR_HEARTBEAT_OPTION' }, [string]> =
  createError<'FRT_ERR_HEARTBEAT_OPTION', 500, [string]>('FRT_ERR_HEARTBEAT_OPTION', '%s', 500)
