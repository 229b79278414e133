import type { Connection } from '@fastify-realtime/connection-pool'
import type { FastifyInstance } from 'fastify'
import { AuthOptionError } from './errors.ts'
import type { CookieOptions } from './options.ts'
import type { Refresh } from './refresh.ts'
import type { TopicLease, TopicLeases } from './topic-leases.ts'

/** What auth needs of message-router. */
type MessageHost = (type: string, options: { readonly builtIn: true }, handler: Refresh) => unknown

/** Takes the message `auth.refresh`, if messages are routed at all. */
export function registerRefresh (app: FastifyInstance, refresh: Refresh): void {
  if (app.hasDecorator('message')) app.getDecorator<MessageHost>('message')('auth.refresh', { builtIn: true }, refresh)
}

/** What auth needs of broadcast. */
interface BroadcastHost {
  can (principal: Connection['principal'], action: 'subscribe', topic: string, connection: Connection): Promise<boolean>
  unsubscribe (connection: Connection, topic: string, reason: { readonly code: 'revoked', readonly reason: string }): unknown
  on (event: 'unsubscribe', listener: (connection: Connection, topic: string) => void): unknown
}

/** What auth needs of presence. */
interface PresenceHost {
  unwatch (connection: Connection, topic: string, told: 'revoked'): void
}

/** Ends what stood by a topic token: a watch at once, a subscription unless it is allowed without one by now. */
export function endLease (app: FastifyInstance, leases: () => TopicLeases): (lease: TopicLease) => void {
  return ({ connection, topic, action }) => {
    if (action === 'presence') {
      if (app.hasDecorator('presence')) app.getDecorator<PresenceHost>('presence').unwatch(connection, topic, 'revoked')
      return
    }
    if (!app.hasDecorator('broadcast')) return
    const broadcast = app.getDecorator<BroadcastHost>('broadcast')
    void broadcast.can(connection.principal, 'subscribe', topic, connection).catch(() => false).then((allowed) => {
      if (allowed || leases().has(connection, topic)) return
      broadcast.unsubscribe(connection, topic, { code: 'revoked', reason: 'topic token ended' })
    })
  }
}

/** A lease is over when the client unsubscribes. */
export function followSubscriptions (app: FastifyInstance, leases: TopicLeases): void {
  if (!app.hasDecorator('broadcast')) return
  app.getDecorator<BroadcastHost>('broadcast').on('unsubscribe', (connection, topic) => leases.drop(connection, topic))
}

/** @throws {AuthOptionError} when a cookie is to be read and nobody parses cookies. */
export function requireCookies (app: FastifyInstance, cookie: CookieOptions | false): void {
  if (cookie === false) return
  const missing = app.hasRequestDecorator('cookies') ? undefined : 'no cookie parser'
  const unsigned = cookie.signed === true && !app.hasRequestDecorator('unsignCookie') ? 'no cookie signature' : undefined
  const came = missing ?? unsigned
  if (came === undefined) return
  throw new AuthOptionError('cookie', 'used together with @fastify/cookie', came,
    'Register @fastify/cookie in the same scope, with a secret for signed cookies')
}
