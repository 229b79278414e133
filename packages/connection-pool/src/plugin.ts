import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { AddressBook } from './address-book.ts'
import { Admission } from './admission.ts'
import { Gate } from './gate.ts'
import { HandshakeGuard } from './handshake-guard.ts'
import { resolveOptions } from './options.ts'
import type { ConnectionPoolOptions } from './options.ts'
import { Pool } from './pool.ts'
import type { PoolSocket } from './pool-socket.ts'
import { openSockets, takeUpgrades } from './upgrades.ts'

const plugin: FastifyPluginAsync<ConnectionPoolOptions> = async (app, given) => {
  const options = resolveOptions(given)
  const sockets = (): Set<PoolSocket> => openSockets(app)
  const pool = new Pool(options, app.log, sockets, () => app.websocketServer)
  const addresses = new AddressBook(options.clock, options.handshakeRate)
  const guard = new HandshakeGuard(options.clock, options.handshakeTimeout, {
    failed: ({ key }) => { if (key !== null) addresses.release(key) },
    timedOut: () => pool.refused('timeout', 503)
  })
  const gate = new Gate({
    pool, guard, addresses, endpoint: options.endpoint, names: pool.routeOptions, admission: new Admission(options, addresses), open: () => sockets().size,
    refused: (reason, statusCode) => pool.refused(reason, statusCode), warn: (message) => app.log.warn(message)
  })

  app.addHook('onRoute', gate.onRoute)
  await takeUpgrades(app, options, guard, async () => await close(app, pool, guard))
  app.websocketServer.on('connection', gate.opened)
  app.addHook('onRequest', gate.onRequest)
  app.decorate('connectionPool', pool)
  app.addHook('onReady', async () => pool.routeOptions.check())
  if (app.initialConfig.connectionTimeout === 0) {
    app.log.warn('a peer that connects and sends nothing is never dropped: give Fastify a connectionTimeout')
  }
}

/** Fastify gives up on a close that takes longer than its `pluginTimeout`; 0 means that it never does. */
async function close (app: FastifyInstance, pool: Pool, guard: HandshakeGuard): Promise<void> {
  const { pluginTimeout } = app.initialConfig
  await pool.drainWithin(pluginTimeout === undefined || pluginTimeout === 0 ? Infinity : pluginTimeout * 0.8)
  guard.abort()
  app.websocketServer.close()
}

export const connectionPool: FastifyPluginAsync<ConnectionPoolOptions> =
  fp(plugin, { fastify: '5.x', name: '@fastify-realtime/connection-pool' })
