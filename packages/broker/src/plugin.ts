import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { sharedBroker } from './app-broker.ts'
import { guard } from './guard/guard.ts'
import { resolveOptions } from './options.ts'
import type { BrokerOptions } from './options.ts'

const plugin: FastifyPluginAsync<BrokerOptions> = async (app, options) => {
  const { use, guard: bounds } = resolveOptions(options)
  const shared = sharedBroker(app)
  if (use !== undefined) shared.use(bounds === false ? use : guard(use, bounds))
  app.decorate('broker', shared)
}

/** Chooses the app's one broker and decorates `app.broker`. */
export const broker: FastifyPluginAsync<BrokerOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/broker'
})
