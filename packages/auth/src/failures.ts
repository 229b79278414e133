import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Counts a failed attempt; answers in how many milliseconds to come back when there were too many. */
export type FailureLimit = (request: FastifyRequest) => Promise<number | undefined>

// A header that only claims to be loopback is not believed: a request that was forwarded has more than one address.
const isLoopback = ({ ip, ips }: FastifyRequest): boolean => (ips?.length ?? 1) === 1 && loopback.test(ip)
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
    limit = scope.createRateLimit({ max, timeWindow, allowList: isLoopback })
  })
  return async (request) => {
    // A request that injectWS makes up has no address.
    if ((request as Partial<FastifyRequest>).ip === undefined) return undefined
    try {
      const outcome = await limit?.(request)
      return outcome !== undefined && !outcome.isAllowed && outcome.isExceeded ? outcome.ttl : undefined
    } catch (error) {
      // The store of the app is away. The attempt is refused anyway, and a client must not learn of stores.
      request.log.warn({ err: error }, 'a failed attempt could not be counted')
      return undefined
    }
  }
}
