import { checkOptionNames, checkPluginOptionNames, systemClock } from '@fastify-realtime/protocol'
import type { Clock, Principal } from '@fastify-realtime/protocol'
import type { FastifyRequest } from 'fastify'
import type { PeerCertificate } from 'node:tls'
import { AuthOptionError } from './errors.ts'
import { milliseconds, resolveJwt } from './jwt-options.ts'
import type { JwtOptions, ResolvedJwt } from './jwt-options.ts'
import { isOrigin } from './origins.ts'

/** What a `verify` of your own may say beside the principal. */
export interface Verified {
  readonly principal: Principal
  /** When the connection ends, wall-clock milliseconds. Default: `maxAge` after `issuedAt`. */
  readonly expiresAt?: number
  /** Wall-clock milliseconds; decides whether `revoke({ principal, issuedBefore })` concerns it. Default: now. */
  readonly issuedAt?: number
  /** The name for `revoke({ tokenId })`. Default: a digest of the token. */
  readonly tokenId?: string
}

export interface CookieOptions {
  readonly name: string
  /** Whether @fastify/cookie signed it. Default false. */
  readonly signed?: boolean
}

export interface AuthOptions {
  /** How tokens are verified. Required unless `verify` or `certificate` is given. */
  readonly jwt?: JwtOptions
  /**
   * Verifies tokens in place of `jwt`; the request is `null` when a living connection brings a fresh token. `null`
   * refuses; a throw is answered 503 and logged.
   */
  readonly verify?: (token: string, request: FastifyRequest | null) => Verified | null | Promise<Verified | null>
  /** Looks for a token in a place of your own, before all others; `undefined` leaves it to them. */
  readonly extract?: (request: FastifyRequest) => string | undefined | Promise<string | undefined>
  /** The principal of a client certificate that TLS has verified, when there is no token. Default false. */
  readonly certificate?: ((certificate: PeerCertificate, request: FastifyRequest) => Principal | null) | false
  /** A cookie that holds the token; needs @fastify/cookie. Default false. */
  readonly cookie?: CookieOptions | false
  /** Single-use tickets: how long one is good, in milliseconds. Default 30_000. `false`: none. */
  readonly ticketTtl?: number | false
  /** Takes `?token=` on upgrades; it is kept out of logs, but not of what stands in front of this server. Default false. */
  readonly allowQueryToken?: boolean
  /** Pages that may connect, such as `https://app.example.com`. Default: the origin of the host that was asked. */
  readonly origins?: readonly string[]
  /** Closes a browser's upgrade with a code that says why, because it cannot read a 401. Default true. */
  readonly tellBrowsers?: boolean
  /** How long before its end a connection gets `expiring`, in milliseconds. Default 60_000. */
  readonly warnBefore?: number | false
  /** No credential counts longer than this, whatever it says; revocations are kept as long. Default 30 days. */
  readonly maxAge?: number
  /** How long `extract`, `verify`, keys and records may take, in milliseconds; then 503. Default 4_500. */
  readonly timeout?: number
  /** Failed attempts per address (IPv6: per /64; loopback is exempt); beyond them 429. Default 20 a minute. */
  readonly failures?: { readonly max: number, readonly timeWindow: number } | false
  /** Time, for tests. */
  readonly clock?: Clock
}

export interface ResolvedOptions extends Required<Omit<AuthOptions, 'jwt' | 'verify' | 'extract' | 'origins'>> {
  readonly jwt: ResolvedJwt | undefined
  readonly verify: AuthOptions['verify']
  readonly extract: AuthOptions['extract']
  readonly origins: ReadonlySet<string> | undefined
}

const defaults = {
  certificate: false,
  cookie: false,
  ticketTtl: 30_000,
  allowQueryToken: false,
  tellBrowsers: true,
  warnBefore: 60_000,
  maxAge: 2_592_000_000,
  timeout: 4_500,
  failures: { max: 20, timeWindow: 60_000 },
  clock: systemClock
} as const satisfies AuthOptions

const year = 31_536_000_000

/** @throws {AuthOptionError} */
export function resolveOptions (options: AuthOptions): ResolvedOptions {
  checkPluginOptionNames('auth', options, { jwt: true, verify: true, extract: true, origins: true, ...defaults })
  const { jwt, verify, extract, origins, ...rest } = options
  if (jwt === undefined && typeof verify !== 'function' && typeof options.certificate !== 'function') {
    throw new AuthOptionError('jwt', 'given', 'nothing', 'Say how credentials are verified: { jwt: { secret } }')
  }
  if (jwt !== undefined && verify !== undefined) {
    throw new AuthOptionError('verify', 'left out when "jwt" is given', 'both', 'Choose one')
  }
  const resolved = { ...defaults, ...withoutUndefined(rest) }
  const { cookie, ticketTtl, warnBefore, failures } = resolved
  if (ticketTtl !== false) milliseconds('ticketTtl', ticketTtl, 1, 600_000)
  if (warnBefore !== false) milliseconds('warnBefore', warnBefore, 1, year)
  milliseconds('maxAge', resolved.maxAge, 1, 10 * year)
  milliseconds('timeout', resolved.timeout, 1, 60_000)
  if (cookie !== false && (typeof cookie?.name !== 'string' || cookie.name === '')) {
    throw new AuthOptionError('cookie', '{ name, signed? } or false', JSON.stringify(cookie), 'Name the cookie')
  }
  if (cookie !== false) checkOptionNames('auth cookie', cookie, { name: true, signed: true })
  if (failures !== false) checkFailures(checkOptionNames('auth failures', failures, defaults.failures))
  return Object.freeze({
    ...resolved, verify, extract, jwt: jwt === undefined ? undefined : resolveJwt(jwt), origins: resolveOrigins(origins)
  })
}

function withoutUndefined<Options extends object> (options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}

function checkFailures ({ max, timeWindow }: { readonly max: number, readonly timeWindow: number }): void {
  milliseconds('failures.timeWindow', timeWindow, 1, year)
  if (!Number.isInteger(max) || max < 1) {
    throw new AuthOptionError('failures.max', 'a whole number of 1 or more', String(max), 'Off is failures: false')
  }
}

// What apps in a shell send, such as capacitor://localhost, is no origin to the URL standard, but exact all the same.
const shellOrigin = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?::\d+)?$/

function resolveOrigins (origins: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (origins === undefined) return undefined
  for (const origin of origins) {
    if (isOrigin(origin) || shellOrigin.test(origin)) continue
    throw new AuthOptionError('origins', 'exact origins such as https://app.example.com', JSON.stringify(origin),
      'Scheme, host and port only: lower case, no path, no trailing slash, no default port, no wildcard')
  }
  return new Set(origins)
}
