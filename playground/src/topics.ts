import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

const Topic = Type.Object({ topic: Type.String({ minLength: 1, maxLength: 255 }) })
const Limit = Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 300, default: 50 }) })
const Publication = Type.Object({
  event: Type.String({ minLength: 1, maxLength: 128 }),
  data: Type.Unknown(),
  id: Type.Optional(Type.String({ minLength: 1, maxLength: 64 }))
}, { additionalProperties: false })

/** What is going on in topics, and publishing from another server. */
export const topics: FastifyPluginAsyncTypebox<{ apiKey: string }> = async (app, { apiKey }) => {
  app.post('/topics/:topic/publications', {
    schema: { params: Topic, body: Publication },
    onRequest: requireApiKey(apiKey)
  }, async (request, reply) => {
    const { event, data, id } = request.body
    const result = await app.broadcast.publish(request.params.topic, event, data, id === undefined ? {} : { id })
    return reply.code(result.duplicate ? 200 : 201).send(result)
  })

  app.get('/topics', { schema: {}, preValidation: app.realtimeAuth.authenticate }, async (request) => {
    const all = app.broadcast.topics()
    const visible = await Promise.all(all.map(({ topic }) => app.broadcast.can(request.principal, 'presence', topic)))
    return { topics: all.filter((_, index) => visible[index]) }
  })

  app.get('/topics/:topic/history', {
    schema: { params: Topic, querystring: Limit },
    preValidation: [app.realtimeAuth.authenticate, allowed('history')]
  }, (request) => app.broadcast.history(request.params.topic, { limit: request.query.limit }))

  app.get('/topics/:topic/presence', {
    schema: { params: Topic },
    preValidation: [app.realtimeAuth.authenticate, allowed('presence')]
  }, (request) => app.presence.members(request.params.topic))

  function allowed (action: 'history' | 'presence') {
    return async (request: FastifyRequest<{ Params: { topic: string } }>, reply: FastifyReply): Promise<void> => {
      if (await app.broadcast.can(request.principal, action, request.params.topic)) return
      await reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: `You may not read the ${action} of this topic.` })
    }
  }
}

function requireApiKey (expected: string) {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  const wanted = digest(expected)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const given = request.headers['x-api-key']
    if (typeof given === 'string' && timingSafeEqual(digest(given), wanted)) return
    await reply.code(401).send({ statusCode: 401, error: 'Unauthorized', message: 'The header x-api-key is missing or wrong.' })
  }
}
