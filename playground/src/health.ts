import type { FastifyInstance } from 'fastify'

/** `live`: the process answers. `ready`: send it new connections. */
export async function health (app: FastifyInstance): Promise<void> {
  app.get('/health/live', { logLevel: 'silent', schema: {} }, async () => ({ status: 'ok' }))

  app.get('/health/ready', { logLevel: 'silent', schema: {} }, async (_request, reply) => {
    if (!app.connectionPool.ready) return reply.code(503).header('retry-after', '5').send({ status: 'draining' })
    if (!app.broker.up) return reply.code(503).header('retry-after', '1').send({ status: 'broker away' })
    return { status: 'ok' }
  })
}
