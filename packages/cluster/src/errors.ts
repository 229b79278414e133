import createError from '@fastify/error'
import type { FastifyErrorConstructor } from '@fastify/error'

/** A filter or limit that cannot be answered. */
export const ClusterFilterError: FastifyErrorConstructor<{ code: 'FRT_ERR_CLUSTER_FILTER', statusCode: 400 }, [message: string]> =
  createError('FRT_ERR_CLUSTER_FILTER', '%s', 400)

/** An option has a value that cannot work. */
export const ClusterOptionError: FastifyErrorConstructor<
  { code: 'FRT_ERR_CLUSTER_OPTION', statusCode: 500 }, [option: string, expected: string, came: string]
> = createError('FRT_ERR_CLUSTER_OPTION', 'Option "%s" must be %s, but %s came. Leave it out for the default.', 500)
