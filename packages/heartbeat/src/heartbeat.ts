import type { Listenable } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { RoundTripSnapshot } from './round-trips.ts'

export interface HeartbeatEvents {
  /** A connection gave no sign of life in time; it is ended with 4000 right after this. */
  dead: (connection: Connection) => void
  /** A pong came, `milliseconds` after its ping. */
  roundTrip: (connection: Connection, milliseconds: number) => void
}

/** `app.heartbeat` */
export interface Heartbeat extends Listenable<HeartbeatEvents> {
  /** Connections that are beaten now. */
  readonly size: number
  /** Connections that were found dead since the start. */
  readonly deaths: number
  /** Turns of the sweep since the start that did not count, because the process had stood still. */
  readonly stalls: number
  /** Round trips since the start, as a histogram. */
  roundTrips (): RoundTripSnapshot
}
