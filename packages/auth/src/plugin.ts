import type { Principal } from '@fastify-realtime/protocol'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { assemble } from './assembly.ts'
import { resolveOptions } from './options.ts'
import type { AuthOptions } from './options.ts'
import { followSubscriptions, registerRefresh, requireCookies } from './sisters.ts'

async function plugin (app: FastifyInstance, given: AuthOptions): Promise<void> {
  const options = resolveOptions(given)
  const { connectionPool: pool } = app
  const { enforcement, feed, leases, lifetimes, realtimeAuth, refresh, revocations, urls } = await assemble(app, options)

  urls.install(app)
  app.decorateRequest('principal', null as unknown as Principal)
  app.decorate('realtimeAuth', realtimeAuth)
  pool.on('open', (connection) => enforcement.opened(connection))
  pool.on('close', (connection) => {
    lifetimes.forget(connection)
    leases.forget(connection)
  })

  app.addHook('onReady', async () => {
    requireCookies(app, options.cookie)
    registerRefresh(app, refresh)
    followSubscriptions(app, leases)
    await feed.start()
  })
  app.addHook('onClose', async () => {
    feed.stop()
    lifetimes.clear()
    leases.clear()
    revocations.clear()
  })
}

/** Principals for WebSocket and plain routes: verification, origins, tickets, expiry, revocation. */
export const auth: FastifyPluginAsync<AuthOptions> = fp(plugin, {
  fastify: '5.x',
  name: '@fastify-realtime/auth',
  decorators: { fastify: ['connectionPool'] }
})
