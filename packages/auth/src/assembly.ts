import { sharedBroker } from '@fastify-realtime/broker'
import { Emitter } from '@fastify-realtime/protocol'
import type { FastifyInstance } from 'fastify'
import { createAuthenticate } from './authenticate.ts'
import { Enforcement } from './enforcement.ts'
import { failureLimit } from './failures.ts'
import { Grants } from './grant.ts'
import { tokenReader } from './jwt.ts'
import { Lifetimes } from './lifetimes.ts'
import type { ResolvedOptions } from './options.ts'
import { originCheck } from './origins.ts'
import { RealtimeAuth } from './realtime-auth.ts'
import type { AuthEvents } from './realtime-auth.ts'
import { UrlRedaction } from './redaction.ts'
import { createRefresh } from './refresh.ts'
import type { Refresh } from './refresh.ts'
import { RevocationFeed } from './revocation-feed.ts'
import { Revocations } from './revocations.ts'
import { endLease } from './sisters.ts'
import { Tickets } from './ticket.ts'
import { TopicLeases } from './topic-leases.ts'
import { Verifier } from './verifier.ts'

/** The parts of one app, put together. */
export interface Assembly {
  readonly enforcement: Enforcement
  readonly feed: RevocationFeed
  readonly leases: TopicLeases
  readonly lifetimes: Lifetimes
  readonly realtimeAuth: RealtimeAuth
  readonly refresh: Refresh
  readonly revocations: Revocations
  readonly urls: UrlRedaction
}

export async function assemble (app: FastifyInstance, options: ResolvedOptions): Promise<Assembly> {
  const { clock, jwt, maxAge, ticketTtl, warnBefore } = options
  const { connectionPool: pool, log } = app
  const broker = sharedBroker(app)
  const events = new Emitter<AuthEvents>((error, event) => log.error({ err: error, event }, 'auth listener failed'))
  const grants = new Grants()
  const revocations = new Revocations(clock)
  const lifetimes = new Lifetimes(grants, clock, warnBefore, (principal) => events.emit('expire', principal))
  const enforcement = new Enforcement({
    pool, grants, revocations, lifetimes, revoked: (principal) => events.emit('revoke', principal)
  })
  const leases: TopicLeases = new TopicLeases(clock, revocations, endLease(app, () => leases))
  const feed = new RevocationFeed({ broker, list: revocations, clock, log, enforce: (entry) => { enforcement.enforce(entry); leases.enforce() } })
  const tickets = ticketTtl === false ? undefined : new Tickets(() => broker.require('records', 'auth'), ticketTtl, clock)
  const read = jwt === undefined ? undefined : { options: jwt, read: await tokenReader(app, jwt, clock) }
  const verifier = new Verifier(options, read, tickets)
  const urls = new UrlRedaction(options.allowQueryToken)
  const authenticate = createAuthenticate({
    options,
    verifier,
    urls,
    isAllowedOrigin: originCheck(options.origins),
    countFailure: await failureLimit(app, options.failures),
    admit: (grant) => enforcement.admit(grant),
    refused: (kind, source) => events.emit('refuse', kind, source),
    turnAway: (request, reply, reason) => pool.turnAway(request, reply, reason)
  })
  const refresh = createRefresh({
    verifier,
    enforcement,
    refreshed: (principal) => events.emit('refresh', principal),
    refused: (kind, source) => events.emit('refuse', kind, source)
  })
  const realtimeAuth = new RealtimeAuth({
    clock, maxAge, grants, feed, leases, revocations, tickets, events, read: read?.read
  }, authenticate)
  return { enforcement, feed, leases, lifetimes, realtimeAuth, refresh, revocations, urls }
}
