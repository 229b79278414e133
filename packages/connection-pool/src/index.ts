// Brings the types of `websocket: true` routes to whoever imports the pool.
import '@fastify/websocket'
import type { ConnectionPool } from './contract.ts'
import { connectionPool } from './plugin.ts'

export type {
  Connection, ConnectionClosed, ConnectionCounters, ConnectionData, ConnectionPool, ConnectionPoolEvents,
  ConnectionState, DisconnectFilter, DrainOptions, Endpoint, Frame, MessageReceiver, Overflow, SendOutcome,
  WelcomeContributor
} from './contract.ts'
export { connectionPool, connectionPool as default }
export type { ConnectionPoolOptions } from './plugin.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connectionPool: ConnectionPool
  }
  interface FastifyContextConfig {
    realtime?: { readonly anonymous?: boolean, readonly raw?: boolean }
  }
}
