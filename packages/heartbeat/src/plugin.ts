import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { checkOptionNames, Emitter } from '@fastify-realtime/protocol'
import type { HeartbeatEvents } from './heartbeat.ts'
import { Monitor } from './monitor.ts'
import { defaults, resolveBeat, resolveOptions } from './options.ts'
import type { HeartbeatOptions } from './options.ts'

const plugin: FastifyPluginAsync<HeartbeatOptions> = async (app, options) => {
  const resolved = resolveOptions(options)
  const pool = app.connectionPool
  const events = new Emitter<HeartbeatEvents>((err, event) => app.log.error({ err, event }, 'a heartbeat listener failed'))
  const monitor = new Monitor(pool, resolved, events)

  app.decorate('heartbeat', monitor)
  pool.on('open', connection => monitor.add(connection))
  pool.on('close', connection => monitor.remove(connection))
  pool.on('pong', (connection, roundTrip) => monitor.observe(connection, roundTrip))
  pool.routeOption('heartbeat', (beat, where) => {
    if (beat !== false) resolveBeat(checkOptionNames(where, beat, defaults), resolved, where)
  })
  pool.welcome(connection => ({ heartbeat: monitor.interval(connection) }))
  app.addHook('onClose', async () => monitor.stop())
}

/** Finds dead connections and ends them; measures round trips. Needs the connection pool. */
export const heartbeat: FastifyPluginAsync<HeartbeatOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/heartbeat',
  decorators: { fastify: ['connectionPool'] }
})
