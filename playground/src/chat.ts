import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { userTopic } from '@fastify-realtime/protocol'
import { Type } from 'typebox'

const Text = Type.String({ minLength: 1, maxLength: 2_000 })
const Room = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const Receipt = Type.Object({
  id: Type.String(),
  position: Type.Optional(Type.Object({ epoch: Type.String(), offset: Type.Integer() }))
})
const rateLimit = { max: 10, timeWindow: 1_000 }

/** Rooms, direct messages, typing and echo. */
export const chat: FastifyPluginAsyncTypebox = async (app) => {
  app.message('echo', {
    schema: { data: Type.Object({ text: Text }) }
  }, ({ data }) => data)

  app.message('chat.send', {
    schema: { data: Type.Object({ room: Room, text: Text }), reply: Receipt }, rateLimit
  }, ({ data, principal }) =>
    app.broadcast.publish(`room:${data.room}`, 'chat.message', { from: principal.id, text: data.text }))

  app.message('chat.typing', {
    schema: { data: Type.Object({ room: Room }) }, rateLimit
  }, async ({ data, principal, connection }) => {
    await app.broadcast.publish(`typing:${data.room}`, 'chat.typing', { from: principal.id }, { except: connection })
  })

  app.message('chat.direct', {
    schema: { data: Type.Object({ to: Type.String({ minLength: 1, maxLength: 64 }), text: Text }), reply: Receipt }, rateLimit
  }, ({ data, principal }) =>
    app.broadcast.publish(userTopic(data.to), 'chat.direct', { from: principal.id, text: data.text }))
}
