import type { FastifyInstance } from 'fastify'
import { memoryBroker } from './memory/memory-broker.ts'
import { SharedBrokerOwner } from './shared-broker-owner.ts'
import type { SharedBroker } from './shared-broker.ts'

// On the server object and by a registered symbol, so that two installed copies of this package share one broker too.
const kBroker: unique symbol = Symbol.for('fastify-realtime.broker')

/** What of an app the lookup needs; any Fastify instance fits, whatever its server and logger are. */
export type BrokerHost = Pick<FastifyInstance, 'server' | 'log' | 'addHook'>

/**
 * The one broker of an app: every caller gets the same object, in any order and in any scope. Whoever asks first makes
 * it start when the app gets ready (as `memoryBroker()` when nobody chose another) and stop when the app closes.
 * Call it before you add your own `onClose` hook: Fastify closes last in, first out, so the broker outlives your hook.
 */
export function sharedBroker (app: BrokerHost): SharedBroker {
  const server: BrokerHost['server'] & { [kBroker]?: SharedBroker } = app.server
  const known = server[kBroker]
  if (known !== undefined) return known
  const shared = new SharedBrokerOwner(memoryBroker, app.log)
  server[kBroker] = shared
  app.addHook('onReady', () => shared.start())
  app.addHook('onClose', () => shared.stop())
  return shared
}
