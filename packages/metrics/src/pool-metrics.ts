import { closeReasons } from '@fastify-realtime/protocol'
import type { Connection, ConnectionClosed, ConnectionCounters, ConnectionPool } from '@fastify-realtime/connection-pool'
import { Histogram } from './histogram.ts'
import { value } from './metric.ts'
import type { Definition } from './metric.ts'
import { Tally } from './tally.ts'

/** Seconds. */
const DURATIONS = [1, 10, 60, 300, 1_800, 3_600, 21_600, 86_400]

/** A client may send any code; those that mean something are told apart. */
const KNOWN_CODES = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
  ...Object.values(closeReasons).map(({ code }) => code)
])

type Counted = Connection & { readonly counters?: ConnectionCounters }

type Sums = Record<keyof ConnectionCounters, number>

/** What open connections count, added at a scrape to what the closed ones left. */
class Totals {
  readonly #open: Iterable<Counted>
  readonly #closed: Sums = { messagesReceived: 0, bytesReceived: 0, framesSent: 0, bytesSent: 0, framesDropped: 0 }
  /** Good for one scrape, which reads all metrics in one go: connections are too many to walk them for each. */
  #sums: Sums | undefined

  constructor (open: Iterable<Counted>) {
    this.#open = open
  }

  /** A connection ended and left this. */
  leave (counters: ConnectionCounters): void {
    add(this.#closed, counters)
    this.#sums = undefined
  }

  read (name: keyof ConnectionCounters): number {
    this.#sums ??= this.#sum()
    return this.#sums[name]
  }

  #sum (): Sums {
    queueMicrotask(() => { this.#sums = undefined })
    const sums = { ...this.#closed }
    for (const { counters } of this.#open) if (counters !== undefined) add(sums, counters)
    return sums
  }
}

/** Name by name: a loop over names is several times slower. */
function add (sums: Sums, counters: ConnectionCounters): void {
  sums.messagesReceived += counters.messagesReceived
  sums.bytesReceived += counters.bytesReceived
  sums.framesSent += counters.framesSent
  sums.bytesSent += counters.bytesSent
  sums.framesDropped += counters.framesDropped
}

/** Counts what the pool tells, which is once in a connection's life, and reads the rest at a scrape. */
export function poolMetrics (pool: ConnectionPool): Definition[] {
  const closed = new Tally('code', 'by')
  const refused = new Tally('reason', 'status')
  const durations = new Histogram(DURATIONS)
  const totals = new Totals(pool)
  let opened = 0
  let pressed = 0
  pool.on('open', () => { opened++ })
  pool.on('pressure', () => { pressed++ })
  pool.on('refuse', (reason, status) => refused.add(reason, String(status)))
  pool.on('close', (_connection, { code, by, duration, counters }: ConnectionClosed) => {
    closed.add(KNOWN_CODES.has(code) ? String(code) : 'other', by)
    durations.observe(duration / 1_000)
    totals.leave(counters)
  })
  const total = (name: keyof ConnectionCounters): Definition['read'] => value(() => totals.read(name))
  return [
    { name: 'connections', type: 'gauge', help: 'Open connections', read: value(() => pool.size) },
    { name: 'ready', type: 'gauge', help: '1 while upgrades are taken, 0 while draining', read: value(() => Number(pool.ready)) },
    { name: 'pressure_bytes', type: 'gauge', help: 'Bytes that wait for slow readers', read: value(() => pool.pressure) },
    { name: 'connections_opened_total', type: 'counter', help: 'Connections accepted', read: value(() => opened) },
    { name: 'connections_closed_total', type: 'counter', help: 'Connections ended, by close code and by who ended them', labels: ['code', 'by'], read: () => closed.samples() },
    { name: 'connection_duration_seconds', type: 'histogram', help: 'How long connections lasted', read: (name) => durations.samples(name) },
    { name: 'upgrades_refused_total', type: 'counter', help: 'Upgrades refused before they were connections', labels: ['reason', 'status'], read: () => refused.samples() },
    { name: 'messages_received_total', type: 'counter', help: 'Messages received', read: total('messagesReceived') },
    { name: 'bytes_received_total', type: 'counter', help: 'Bytes received', read: total('bytesReceived') },
    { name: 'frames_sent_total', type: 'counter', help: 'Frames sent', read: total('framesSent') },
    { name: 'bytes_sent_total', type: 'counter', help: 'Bytes sent', read: total('bytesSent') },
    { name: 'frames_dropped_total', type: 'counter', help: 'Frames given up because a reader was too slow', read: total('framesDropped') },
    { name: 'pressure_total', type: 'counter', help: 'Times that a connection passed the soft mark of its outbox', read: value(() => pressed) }
  ]
}
