import type { Batch } from './batch.ts'
import type { Flushable, Flusher } from './flusher.ts'

/** What is written to: the part of a TCP or TLS socket that is needed. */
export interface Sink {
  readonly writable: boolean
  /** Bytes that the kernel did not take yet. */
  readonly writableLength: number
  readonly writableHighWaterMark: number
  write (bytes: Buffer): unknown
  once (event: 'drain', listener: () => void): unknown
}

export interface OutflowOwner {
  /** The kernel did not take everything. */
  stalled (): void
  /** A full socket is empty again. */
  drained (): void
}

/** The way from a connection to its socket: gathers what one turn brings, and writes it once. */
export class Outflow implements Flushable {
  frames = 0
  bytes = 0
  readonly softMark: number
  readonly #sink: Sink
  readonly #flusher: Flusher
  readonly #owner: OutflowOwner
  #batch: Batch | undefined
  /** Whether the kernel left something at the last flush. While not, what is to be sent need not look at the socket. */
  #stalled = false
  #awaitsDrain = false

  /** Below the socket's own mark a full socket would never tell that it is empty again, so that is the least soft mark. */
  constructor (sink: Sink, flusher: Flusher, softMark: number, owner: OutflowOwner) {
    this.#sink = sink
    this.#flusher = flusher
    this.#owner = owner
    this.softMark = Math.max(softMark, sink.writableHighWaterMark)
  }

  /** Bytes that the kernel did not take yet. */
  get pending (): number {
    return (this.#batch === undefined ? 0 : this.#batch.size) + this.#sink.writableLength
  }

  /** Its place in the order is fixed now; it leaves with the turn. */
  place (batch: Batch): void {
    this.frames++
    this.bytes += batch.size
    if (this.#batch === undefined) {
      this.#batch = batch
      this.#flusher.add(this)
    } else {
      this.#batch = this.#batch.plus(batch.bytes)
    }
  }

  flush (): void {
    const batch = this.#batch
    if (batch === undefined) return
    this.#batch = undefined
    if (!this.#sink.writable) return
    this.#sink.write(batch.bytes)
    this.#stalled = this.#sink.writableLength > 0
    if (this.#stalled) this.#owner.stalled()
  }

  /**
   * Whether the socket holds as much as it may. What this turn brought is handed to the kernel before that is judged,
   * so that a burst to a healthy reader is none. The owner hears when a full one is empty again.
   */
  isFull (): boolean {
    const pending = this.#stalled ? this.pending : this.#batch?.size ?? 0
    if (pending < this.softMark) return false
    this.flush()
    if (this.#sink.writableLength < this.softMark) return false
    this.#awaitDrain()
    return true
  }

  discard (): void {
    this.#batch = undefined
  }

  #awaitDrain (): void {
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    this.#sink.once('drain', () => {
      this.#awaitsDrain = false
      this.#owner.drained()
    })
  }
}
