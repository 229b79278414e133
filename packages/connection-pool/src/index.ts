import type { ConnectionPool } from './contract.ts'

export type {
  Connection, ConnectionClosed, ConnectionCounters, ConnectionData, ConnectionPool, ConnectionPoolEvents,
  ConnectionState, DisconnectFilter, DrainOptions, Endpoint, Frame, MessageReceiver, Overflow, SendOutcome,
  WelcomeContributor
} from './contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connectionPool: ConnectionPool
  }
}
