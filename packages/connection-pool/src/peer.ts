import type { FastifyRequest } from 'fastify'
import { addressKey, isLoopback } from './address.ts'

/** Whom an upgrade comes from, as far as limits care. */
export interface Peer {
  readonly address: string
  /** Who shares its limits; `null` when it has none. */
  readonly key: string | null
}

/**
 * With `trustProxy` a peer is who Fastify says it is. Loopback has no limits of its own, because a proxy or the
 * tests of an app come from there, but a header that only claims to be loopback is not believed.
 */
export function peerOf (request: Pick<FastifyRequest, 'ip' | 'ips'>): Peer {
  const address = (request.ip as string | undefined) ?? ''
  const forwarded = (request.ips?.length ?? 1) > 1
  const exempt = address === '' || (!forwarded && isLoopback(address))
  return { address, key: exempt ? null : addressKey(address) }
}

/**
 * Whether a proxy speaks for the peer and nobody listens: then everybody shares the proxy's limits. So it is with a
 * `trustProxy` that is a number, which Fastify lets trust nobody, and with the header `forwarded`, which it does not read.
 */
export function isForwardedInVain (request: Pick<FastifyRequest, 'headers' | 'ips'>): boolean {
  return (request.ips?.length ?? 1) === 1 && (request.headers['x-forwarded-for'] !== undefined || request.headers['forwarded'] !== undefined)
}
