import { Emitter } from '@fastify-realtime/protocol'
import type { Connection, ConnectionClosed, ConnectionCounters, ConnectionPool, ConnectionPoolEvents } from '@fastify-realtime/connection-pool'
import type { BroadcastSource, BrokerSource, HeartbeatSource, PresenceSource } from '../src/sister-metrics.ts'

export const noCounters: ConnectionCounters =
  { messagesReceived: 0, bytesReceived: 0, framesSent: 0, bytesSent: 0, framesDropped: 0 }

/** The part of the pool that metrics listen to and read. */
export class TestPool extends Emitter<ConnectionPoolEvents> {
  readonly open = new Set<Connection>()
  ready = true
  pressure = 0

  constructor () {
    super((error) => { throw error })
  }

  get size (): number { return this.open.size }
  get pool (): ConnectionPool { return this as unknown as ConnectionPool }
  [Symbol.iterator] (): Iterator<Connection> { return this.open.values() }

  add (counters?: ConnectionCounters): Connection {
    const connection = { id: `c${this.size}`, counters } as unknown as Connection
    this.open.add(connection)
    this.emit('open', connection)
    return connection
  }

  end (connection: Connection, closed: Partial<ConnectionClosed> = {}): void {
    this.open.delete(connection)
    this.emit('close', connection, { code: 1000, reason: '', by: 'client', duration: 5_000, counters: noCounters, ...closed })
  }
}

export interface AuthEvents {
  refuse: (reason: string, source: string | undefined) => void
  expire: () => void
  revoke: () => void
  refresh: () => void
  ticket: () => void
}

/** The part of auth that metrics listen to. */
export class TestAuth extends Emitter<AuthEvents> {
  constructor () {
    super((error) => { throw error })
  }
}

export const heartbeat: HeartbeatSource = {
  deaths: 3,
  stalls: 2,
  roundTrips: () => ({ sum: 1_500, buckets: [{ le: 10, count: 1 }, { le: 2_000, count: 2 }, { le: Infinity, count: 2 }] })
}

export const broadcast: BroadcastSource = {
  counters: {
    published: 1, received: 2, delivered: 3, dropped: 4, recovered: 5, unrecovered: 6, positionsLost: 7, topics: 8, subscriptions: 9
  }
}

export const broker: BrokerSource = { name: 'memory', up: true, counters: { published: 1, failed: 2, received: 3 } }

export const presence: PresenceSource = { gauges: { connections: 1, pending: 2, watchedTopics: 3, watchers: 4 } }
