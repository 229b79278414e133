import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

/** An option that cannot work. */
export const MetricsOptionError: FastifyErrorConstructor<{ code: 'FRT_ERR_METRICS_OPTION' }, [string]> =
  createError<'FRT_ERR_METRICS_OPTION', 500, [string]>('FRT_ERR_METRICS_OPTION', '%s', 500)
