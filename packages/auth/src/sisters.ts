import type { FastifyInstance } from 'fastify'
import { AuthOptionError } from './errors.ts'
import type { CookieOptions } from './options.ts'
import type { Refresh } from './refresh.ts'

/** What auth needs of message-router. */
type MessageHost = (type: string, options: { readonly builtIn: true }, handler: Refresh) => unknown

/** Takes the message `auth.refresh`, if messages are routed at all. */
export function registerRefresh (app: FastifyInstance, refresh: Refresh): void {
  if (app.hasDecorator('message')) app.getDecorator<MessageHost>('message')('auth.refresh', { builtIn: true }, refresh)
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
