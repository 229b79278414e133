import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { closeReasons } from '@fastify-realtime/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) })

/** The operator's view of every node's connections, and the means to end them. */
export const connections: FastifyPluginAsyncTypebox = async (app) => {
  app.addHook('preValidation', app.realtimeAuth.authenticate)
  app.addHook('preValidation', requireOperator)

  app.get('/connections', { schema: {} }, () => app.cluster.connections({}))

  app.delete('/connections/:id', { schema: { params: Id } }, async (request, reply) => {
    const ended = await app.cluster.disconnect({ id: request.params.id }, closeReasons.forbidden)
    return reply.code(ended.disconnected === 0 ? 404 : 200).send(ended)
  })

  app.delete('/principals/:id/connections', { schema: { params: Id } }, (request) =>
    app.cluster.disconnect({ principal: request.params.id }, closeReasons.forbidden))
}

async function requireOperator (request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.principal?.role === 'operator') return
  await reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: 'This needs the role operator.' })
}
