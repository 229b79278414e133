/**
 * Bytes that leave in one write. Connections that are sent the same frames in the same order share one batch, so that
 * ten publications in a turn cost each of a thousand subscribers one write of bytes that were joined once.
 */
export class Batch {
  readonly size: number
  #bytes: Buffer | undefined
  #before: Batch | undefined
  readonly #last: Buffer
  #next: Batch | undefined

  constructor (last: Buffer, before?: Batch) {
    this.#last = last
    this.#before = before
    this.size = before === undefined ? last.length : before.size + last.length
    if (before === undefined) this.#bytes = last
  }

  /** This batch and one frame more; the same one for everybody who asks for the same frame next. */
  plus (frame: Buffer): Batch {
    const next = this.#next
    if (next !== undefined && next.#last === frame) return next
    return this.#next = new Batch(frame, this)
  }

  get bytes (): Buffer {
    return this.#bytes ??= Batch.#join(this)
  }

  static #join (whole: Batch): Buffer {
    const bytes = Buffer.allocUnsafe(whole.size)
    let end = whole.size
    let batch = whole
    while (batch.#bytes === undefined) {
      end -= batch.#last.length
      bytes.set(batch.#last, end)
      batch = batch.#before as Batch
      // A frame that lives long, such as a heartbeat, must not keep alive what once followed it.
      batch.#next = undefined
    }
    bytes.set(batch.#bytes, 0)
    whole.#before = undefined
    return bytes
  }
}
