import type { Clock, Failure, Message } from '@fastify-realtime/protocol'
import type { Backlog, Burdened } from './backlog.ts'
import type { Compressor } from './compressor.ts'
import type { ConnectionClosed } from './contract.ts'
import type { Flusher } from './flusher.ts'

/** What all connections of a node share, and who hears what happens to them. */
export interface ConnectionHost<Connection> {
  readonly clock: Clock
  readonly flusher: Flusher
  readonly backlog: Backlog<Burdened>
  readonly compressor: Compressor | undefined
  received (connection: Connection, data: Buffer, binary: boolean): void
  /** A control frame came that nobody asked for. */
  nudged (connection: Connection): void
  handle (connection: Connection, message: Message): void | Promise<void>
  /** Handling a message failed. */
  broken (connection: Connection, error: unknown): void
  /** A failure went to the peer. */
  failed (connection: Connection, failure: Failure): void
  ponged (connection: Connection, roundTrip: number): void
  pressed (connection: Connection, bytes: number): void
  closed (connection: Connection, closed: ConnectionClosed): void
}
