import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { userTopic } from '@fastify-realtime/protocol'
import { Type } from 'typebox'

const Order = Type.Object({
  item: Type.String({ minLength: 1, maxLength: 100 }),
  quantity: Type.Integer({ minimum: 1, maximum: 1_000 })
}, { additionalProperties: false })

/** An HTTP request whose outcome shows up live: at the customer's, and at every operator's. */
export const orders: FastifyPluginAsyncTypebox = async (app) => {
  app.post('/orders', {
    schema: { body: Order },
    preValidation: app.realtimeAuth.authenticate
  }, async (request, reply) => {
    const principal = request.principal!
    const order = { id: randomUUID(), ...request.body, customer: principal.id }
    await app.broadcast.publish(userTopic(principal.id), 'order.created', order)
    await app.broadcast.publish('orders', 'order.created', order)
    return reply.code(201).send(order)
  })
}
