import type { Batch } from './batch.ts'
import type { Flushable, Flusher } from './flusher.ts'
import { handleOf, writePast } from './write-past.ts'
import type { Handle, Passable, Writer } from './write-past.ts'

/** What is written to: the part of a TCP or TLS socket that is needed. */
export interface Sink extends Passable {
  readonly writable: boolean
  /** Bytes that the kernel did not take yet. */
  readonly writableLength: number
  readonly writableHighWaterMark: number
  /** Whether a write filled it, so that `drain` will follow. */
  readonly writableNeedDrain: boolean
  write (bytes: Buffer): unknown
  once (event: 'drain', listener: () => void): unknown
  destroy (error: Error): unknown
}

export interface OutflowOwner {
  /** The kernel did not take everything. */
  stalled (): void
  /** A full socket is empty again. */
  drained (): void
}

/** The way from a connection to its socket: gathers what one turn brings, and writes it once. */
export class Outflow implements Flushable, Writer {
  // What every frame touches stands first, near each other.
  #batch: Batch | undefined
  /** Whether something was left at the last flush. While not, what is to be sent need not look at the socket. */
  #stalled = false
  frames = 0
  bytes = 0
  readonly softMark: number
  readonly #flusher: Flusher
  /** Of a plain socket while nobody else has written to it, so that what we know of it is all there is. */
  #handle: Handle | undefined
  readonly #sink: Sink
  /** Bytes of a write past the stream that the kernel did not take yet. */
  #underWay = 0
  #awaitsDrain = false
  readonly #owner: OutflowOwner

  /** Below the socket's own mark a full socket would never tell that it is empty again, so that is the least soft mark. */
  constructor (sink: Sink, flusher: Flusher, softMark: number, owner: OutflowOwner) {
    this.#sink = sink
    this.#flusher = flusher
    this.#owner = owner
    this.#handle = sink.writableLength === 0 ? handleOf(sink) : undefined
    this.softMark = Math.max(softMark, sink.writableHighWaterMark)
  }

  /** Bytes that the kernel did not take yet. */
  get pending (): number {
    return (this.#batch === undefined ? 0 : this.#batch.size) + this.#left
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
    this.#stalled = this.#handle === undefined || this.#stalled ? this.#write(batch) : this.#writeTo(this.#handle, batch)
    if (this.#stalled) this.#owner.stalled()
  }

  /** Somebody else is about to write to the socket, now and whenever it likes. */
  share (): void {
    this.#handle = undefined
    this.flush()
  }

  /**
   * Whether the socket holds as much as it may. What this turn brought is handed to the kernel before that is judged,
   * so that a burst to a healthy reader is none. The owner hears when a full one is empty again.
   */
  isFull (): boolean {
    const pending = this.#stalled ? this.pending : this.#batch?.size ?? 0
    if (pending < this.softMark) return false
    this.flush()
    if (this.#left < this.softMark) return false
    this.#awaitDrain()
    return true
  }

  discard (): void {
    this.#batch = undefined
  }

  /** Bytes that the stream or the system holds, since the kernel did not take them yet. */
  get #left (): number {
    return this.#underWay + this.#sink.writableLength
  }

  /** Answers whether something is left. */
  #write ({ bytes }: Batch): boolean {
    if (!this.#sink.writable) return false
    this.#sink.write(bytes)
    return this.#left > 0
  }

  /** The same past the stream when nothing is in it: a delivery need not pay for its bookkeeping, nor look at its state. */
  #writeTo (handle: Handle, { bytes }: Batch): boolean {
    if (writePast(handle, this.#sink, bytes, this)) return false
    this.#underWay = bytes.length
    return true
  }

  /** The kernel took the write past the stream, or will not. */
  taken (error?: Error | null): void {
    this.#underWay = 0
    if (error) return this.#fail(error)
    if (!this.#awaitsDrain) return
    if (this.#sink.writableNeedDrain) this.#listen()
    else this.#drained()
  }

  /** What follows an end that somebody else has set is dropped, as the stream would. */
  #fail (error: Error): void {
    if (this.#sink.writable) this.#sink.destroy(error)
  }

  #awaitDrain (): void {
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    if (this.#underWay === 0) this.#listen()
  }

  #listen (): void {
    this.#sink.once('drain', () => this.#drained())
  }

  #drained (): void {
    this.#awaitsDrain = false
    this.#owner.drained()
  }
}
