// Brings the types of `websocket: true` routes to whoever imports the pool.
import '@fastify/websocket'
import type { ConnectionPool, RealtimeRouteConfig } from './contract.ts'
import { connectionPool } from './plugin.ts'

export type { CompressionSettings } from './compressor.ts'
export type {
  Connection, ConnectionClosed, ConnectionCounters, ConnectionData, ConnectionPool, ConnectionPoolEvents,
  ConnectionState, DisconnectFilter, DrainOptions, Endpoint, EndpointOptions, Frame, MessageReceiver, OutboxOptions,
  Overflow, RealtimeRouteConfig, RouteOptionCheck, SendOutcome, WelcomeContributor
} from './contract.ts'
export {
  CloseCodeError, ForeignSocketError, NoProtocolError, PoolOptionError, ReceiverTakenError, TooManyError, UnavailableError,
  UpgradesTakenError
} from './errors.ts'
export type { ConnectionPoolOptions, PrincipalPolicy } from './options.ts'
export { connectionPool, connectionPool as default }
export type { RateLimit } from './rate.ts'
export type { UpgradeTrace } from './tracing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connectionPool: ConnectionPool
  }
  interface FastifyContextConfig {
    realtime?: RealtimeRouteConfig
  }
}
