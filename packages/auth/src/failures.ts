import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Counts a failed attempt; answers in how many milliseconds to come back when there were too many. */
export type FailureLimit = (request: FastifyRequest) => Promise<number | undefined>

const loopback = /^(?:127\.|::1$|::ffff:127\.)/

/**
 * Failed attempts by address, on @fastify/rate-limit: the app's own registration, and its store, when there is one.
 * A credential that holds is never counted and never refused, so nobody is locked out by a neighbour behind one address.
 */
export async function failureLimit (app: FastifyInstance,
  options: { readonly max: number, readonly timeWindow: number } | false): Promise<FailureLimit> {
  if (options === false) return async () => undefined
  const { max, timeWindow } = options
  let limit: ReturnType<FastifyInstance['createRateLimit']> | undefined
  await app.register(async (scope) => {
    await scope.register(fastifyRateLimit, { global: false })
    limit = scope.createRateLimit({ max, timeWindow, allowList: ({ ip }) => loopback.test(ip) })
  })
  return async (request) => {
    // A request that injectWS makes up has no address.
    if ((request as Partial<FastifyRequest>).ip === undefined) return undefined
    const outcome = await limit?.(request)
    return outcome !== undefined && !outcome.isAllowed && outcome.isExceeded ? outcome.ttl : undefined
  }
}
