import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { authMetrics } from './auth-metrics.ts'
import { Metric } from './metric.ts'
import type { Definition } from './metric.ts'
import { resolveOptions } from './options.ts'
import type { MetricsOptions } from './options.ts'
import { poolMetrics } from './pool-metrics.ts'
import { broadcastMetrics, brokerMetrics, heartbeatMetrics, presenceMetrics } from './sister-metrics.ts'

const plugin: FastifyPluginAsync<MetricsOptions> = async (app, options) => {
  const { registry, path, onRequest, prefix } = resolveOptions(options)
  const register = (definitions: Definition[]): void => {
    for (const definition of definitions) registry.registerMetric(new Metric(prefix, definition))
  }

  app.decorate('realtimeMetrics', { registry })
  register(poolMetrics(app.connectionPool))
  app.addHook('onReady', async () => {
    if (app.hasDecorator('realtimeAuth')) register(authMetrics(app.getDecorator('realtimeAuth')))
    if (app.hasDecorator('heartbeat')) register(heartbeatMetrics(app.getDecorator('heartbeat')))
    if (app.hasDecorator('broadcast')) register(broadcastMetrics(app.getDecorator('broadcast')))
    if (app.hasDecorator('broker')) register(brokerMetrics(app.getDecorator('broker')))
    if (app.hasDecorator('presence')) register(presenceMetrics(app.getDecorator('presence')))
  })
  if (path === false) return
  app.get(path, { onRequest }, async (_request, reply) => {
    const text = await registry.metrics()
    return reply.type(registry.contentType).send(text)
  })
}

/** Shows connections and all that is built on them to Prometheus. Needs the connection pool. */
export const metrics: FastifyPluginAsync<MetricsOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/metrics',
  decorators: { fastify: ['connectionPool'] }
})
