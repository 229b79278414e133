import type { Sink } from '../src/outflow.ts'

/** A socket whose kernel takes bytes when the test says so. */
export class FakeSink implements Sink {
  writable = true
  writableLength = 0
  writableHighWaterMark = 1
  /** Never set here: this is no plain socket, so nothing is written past its stream. */
  readonly writableNeedDrain = true
  written = ''
  readonly writes: string[] = []
  /** Takes everything at once, as the socket of a healthy reader does. */
  healthy = true
  #drain: Array<() => void> = []

  write (bytes: Buffer): boolean {
    this.written += bytes.toString('latin1')
    this.writes.push(bytes.toString('latin1'))
    if (!this.healthy) this.writableLength += bytes.length
    return this.writableLength === 0
  }

  _write (): never { throw new Error('this is no plain socket') }
  destroy (): never { throw new Error('nothing failed') }

  once (_event: 'drain', listener: () => void): void {
    this.#drain.push(listener)
  }

  get listeners (): number { return this.#drain.length }

  /** The kernel takes it all. */
  drain (): void {
    this.writableLength = 0
    const listeners = this.#drain
    this.#drain = []
    for (const listener of listeners) listener()
  }
}
