import { randomBytes } from 'node:crypto'
// In an app of your own: '@fastify-realtime/auth'.
import auth from '../../src/index.ts'
import connectionPool from '@fastify-realtime/connection-pool'
import cookie from '@fastify/cookie'
import { createSigner } from 'fast-jwt'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { oidcLogin } from './login.ts'

export interface OidcServer {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** A browser logs in at the issuer and comes back with a cookie; the WebSocket upgrade carries that cookie. */
export async function oidcServer (options: OidcServer): Promise<FastifyInstance> {
  const app = Fastify()
  const secret = randomBytes(64).toString('base64')
  const sign = createSigner({ key: secret, algorithm: 'HS512', expiresIn: 3_600_000 })
  await app.register(cookie, { secret: randomBytes(32).toString('base64') })
  await app.register(connectionPool)
  // No `origins`: only pages of this very host may use the cookie.
  await app.register(auth, { jwt: { secret }, cookie: { name: 'token' } })
  const { authenticate } = app.realtimeAuth
  await oidcLogin(app, {
    ...options,
    callback: () => `http://127.0.0.1:${(app.server.address() as { port: number }).port}/callback`,
    session: (subject) => sign({ sub: subject })
  })
  app.get('/', { preHandler: authenticate }, async (request) => ({ hello: request.principal.id }))
  app.get('/ws', { websocket: true, preValidation: authenticate }, app.connectionPool.accept)
  app.post('/logout', { preHandler: authenticate }, async (request, reply) => {
    await app.realtimeAuth.logout(request.principal)
    return reply.clearCookie('token', { path: '/' }).code(204).send()
  })
  return app
}
