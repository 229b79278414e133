import fastifyJwt from '@fastify/jwt'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Principal } from '@fastify-realtime/protocol'
import { Type } from 'typebox'
import type { Config } from './config.ts'

const Login = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  role: Type.Optional(Type.Literal('operator'))
}, { additionalProperties: false })
const lifetime = 3_600_000

/** A login for development: it believes the name. Replace it with your own; the rest stays. */
export const login: FastifyPluginAsyncTypebox<Pick<Config, 'login' | 'jwtSecret'>> = async (app, config) => {
  await app.register(fastifyJwt, { secret: config.jwtSecret })

  if (config.login !== 'off') {
    app.post('/login', { schema: { body: Login } }, async (request, reply) => {
      const { name, role } = request.body
      if (role !== undefined && config.login !== 'roles') {
        return reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: 'Roles are only given on a loopback HOST, or with PLAYGROUND_LOGIN=open.' })
      }
      const principal: Principal = role === undefined ? { id: name } : { id: name, role }
      const expiresAt = Date.now() + lifetime
      const token = app.jwt.sign({ sub: name, role, jti: crypto.randomUUID() }, { expiresIn: lifetime / 1_000 })
      return { token, principal, expiresAt }
    })
  }

  app.post('/ticket', { schema: {}, preValidation: app.realtimeAuth.authenticate }, async (request) =>
    app.realtimeAuth.issueTicket(request.principal!))

  app.post('/logout', { schema: {}, preValidation: app.realtimeAuth.authenticate }, async (request, reply) => {
    await app.realtimeAuth.logout(request.principal!)
    return reply.code(204).send()
  })
}
