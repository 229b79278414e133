import { closeReasons } from '@fastify-realtime/protocol'
import type { Codec, Emitter } from '@fastify-realtime/protocol'
import type { Connection, ConnectionPool, Endpoint, Frame } from '@fastify-realtime/connection-pool'
import type { Heartbeat, HeartbeatEvents } from './heartbeat.ts'
import { resolveBeat, STEP } from './options.ts'
import type { Beat, ResolvedHeartbeatOptions } from './options.ts'
import { forget, Rhythm } from './rhythm.ts'
import type { Pulse } from './rhythm.ts'
import { RoundTrips } from './round-trips.ts'
import type { RoundTripSnapshot } from './round-trips.ts'
import { Sweep } from './sweep.ts'

/** What a route may say in `config.realtime.heartbeat`. */
export type RouteHeartbeat = Partial<Beat> | false

/** The beat of an endpoint, as the pool hands it on from the route's `config.realtime`. */
type BeatenEndpoint = Endpoint & { readonly heartbeat?: RouteHeartbeat }

const OFF = Symbol('off')

/** Every connection that is beaten, in the rhythm of its endpoint, and the one timer that turns all rhythms. */
export class Monitor implements Heartbeat {
  readonly #pool: Pick<ConnectionPool, 'frame'>
  readonly #defaults: Beat
  readonly #events: Emitter<HeartbeatEvents>
  readonly #sweep: Sweep
  readonly #rhythms = new Map<string, Rhythm<Connection>>()
  readonly #endpoints = new WeakMap<Endpoint, Rhythm<Connection> | typeof OFF>()
  readonly #pulses = new Map<Connection, Pulse<Connection>>()
  readonly #frames = new Map<Codec, Frame>()
  readonly #roundTrips = new RoundTrips()
  #deaths = 0

  constructor (pool: Pick<ConnectionPool, 'frame'>, options: ResolvedHeartbeatOptions, events: Emitter<HeartbeatEvents>) {
    this.#pool = pool
    this.#defaults = options
    this.#events = events
    this.#sweep = new Sweep(options.clock, STEP, (steps, counts) => this.#turn(steps, counts))
  }

  get size (): number { return this.#pulses.size }
  get deaths (): number { return this.#deaths }
  get stalls (): number { return this.#sweep.stalls }

  roundTrips (): RoundTripSnapshot {
    return this.#roundTrips.snapshot()
  }

  on<Name extends keyof HeartbeatEvents> (event: Name, listener: HeartbeatEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  /** The interval of a connection, or `null` when its route is not beaten. */
  interval (connection: Connection): number | null {
    const rhythm = this.#rhythmOf(connection.endpoint)
    return rhythm === OFF ? null : rhythm.beat.interval
  }

  add (connection: Connection): void {
    const rhythm = this.#rhythmOf(connection.endpoint)
    if (rhythm === OFF) return
    this.#pulses.set(connection, rhythm.add(connection))
    this.#sweep.start()
  }

  remove (connection: Connection): void {
    const pulse = this.#pulses.get(connection)
    if (pulse === undefined) return
    forget(pulse)
    this.#pulses.delete(connection)
    if (this.#pulses.size === 0) this.#sweep.stop()
  }

  observe (connection: Connection, roundTrip: number): void {
    this.#roundTrips.observe(roundTrip)
    this.#events.emit('roundTrip', connection, roundTrip)
  }

  stop (): void {
    this.#sweep.stop()
  }

  #turn (steps: number, counts: boolean): void {
    for (const rhythm of this.#rhythms.values()) rhythm.turn(steps, counts)
  }

  readonly #beat = (connection: Connection): void => {
    const { codec } = connection
    if (codec === null) connection.ping()
    else connection.ping(this.#frames.get(codec) ?? this.#build(codec))
  }

  readonly #dead = (connection: Connection): void => {
    this.#deaths++
    this.#events.emit('dead', connection)
    connection.terminate(closeReasons.dead)
  }

  #build (codec: Codec): Frame {
    const frame = this.#pool.frame(codec, { type: 'heartbeat' })
    this.#frames.set(codec, frame)
    return frame
  }

  #rhythmOf (endpoint: BeatenEndpoint): Rhythm<Connection> | typeof OFF {
    let rhythm = this.#endpoints.get(endpoint)
    if (rhythm === undefined) {
      const { heartbeat = {}, url } = endpoint
      rhythm = heartbeat === false ? OFF : this.#rhythm(resolveBeat(heartbeat, this.#defaults, `${url} heartbeat`))
      this.#endpoints.set(endpoint, rhythm)
    }
    return rhythm
  }

  /** Routes with the same beat share a rhythm. */
  #rhythm (beat: Beat): Rhythm<Connection> {
    const key = `${beat.interval}/${beat.timeout}`
    let rhythm = this.#rhythms.get(key)
    if (rhythm === undefined) {
      rhythm = new Rhythm(beat, { beat: this.#beat, dead: this.#dead })
      this.#rhythms.set(key, rhythm)
    }
    return rhythm
  }
}
