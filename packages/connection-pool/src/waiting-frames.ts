import type { Overflow } from './contract.ts'
import type { FinishedFrame } from './frame.ts'

interface Waiting {
  readonly frame: FinishedFrame
  readonly overflow: Overflow | undefined
}

/** Frames that wait for a slow reader, in order. Only a frame whose own policy allows it is ever given up. */
export class WaitingFrames {
  bytes = 0
  readonly #order = new Set<Waiting>()
  #byKey: Map<string, Waiting> | undefined

  get size (): number { return this.#order.size }

  add (frame: FinishedFrame, overflow: Overflow | undefined): void {
    const waiting = { frame, overflow }
    this.#order.add(waiting)
    this.bytes += frame.size
    if (overflow?.policy !== 'conflate' || overflow.key === undefined) return
    this.#byKey ??= new Map()
    this.#byKey.set(overflow.key, waiting)
  }

  peek (): FinishedFrame | undefined {
    for (const { frame } of this.#order) return frame
    return undefined
  }

  shift (): void {
    for (const waiting of this.#order) return this.#remove(waiting)
  }

  /** Gives up the frame that a newer one of the same key replaces. Answers how many that were. */
  conflate (key: string): number {
    const waiting = this.#byKey?.get(key)
    if (waiting === undefined) return 0
    this.#remove(waiting)
    return 1
  }

  /** Gives up the oldest `drop-oldest` frames until `bytes` are free. Answers how many that were. */
  dropOldest (bytes: number): number {
    const target = this.bytes - bytes
    let dropped = 0
    for (const waiting of this.#order) {
      if (this.bytes <= target) break
      if (waiting.overflow?.policy !== 'drop-oldest') continue
      this.#remove(waiting)
      dropped++
    }
    return dropped
  }

  #remove (waiting: Waiting): void {
    this.#order.delete(waiting)
    this.bytes -= waiting.frame.size
    const key = waiting.overflow?.key
    if (key !== undefined && this.#byKey?.get(key) === waiting) this.#byKey.delete(key)
  }
}
