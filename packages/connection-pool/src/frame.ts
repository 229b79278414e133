import type { Encoded } from '@fastify-realtime/protocol'
import { Batch } from './batch.ts'
import type { Compressor } from './compressor.ts'
import type { Frame } from './contract.ts'

/** Called back when the compressed form of a frame is there. */
export interface Awaiting {
  resume (): void
}

/** RFC 6455 section 5.2: FIN, then the reserved bits, of which the first one says "compressed" (RFC 7692 section 6). */
const FIN = 0x80
const COMPRESSED = 0x40

/** A finished frame: unmasked, final, text or binary. Its compressed form is made once, when somebody can take it. */
export class FinishedFrame implements Frame {
  readonly size: number
  readonly plain: Batch
  readonly #opcode: number
  readonly #start: number
  #deflated: Batch | undefined
  #awaiting: Awaiting[] | undefined

  constructor (payload: Encoded) {
    const text = typeof payload === 'string'
    const length = text ? Buffer.byteLength(payload) : payload.length
    this.#opcode = text ? 1 : 2
    const bytes = head(FIN | this.#opcode, length)
    this.#start = bytes.length - length
    if (text) bytes.write(payload, this.#start)
    else bytes.set(payload, this.#start)
    this.plain = new Batch(bytes)
    this.size = bytes.length
  }

  /** The bytes for a connection that takes compressed frames; `undefined` when it will be told by `resume`. */
  deflated (compressor: Compressor, waiter: Awaiting): Batch | undefined {
    if (this.#deflated !== undefined) return this.#deflated
    if (this.#awaiting !== undefined) {
      this.#awaiting.push(waiter)
      return undefined
    }
    const payload = this.plain.bytes.subarray(this.#start)
    if (payload.length < compressor.threshold) return this.#deflated = this.plain
    if (payload.length < compressor.offTurn) return this.#deflated = this.#wrap(compressor.now(payload))
    this.#awaiting = [waiter]
    compressor.later(payload, (smaller) => this.#arrive(smaller))
    return undefined
  }

  #arrive (smaller: Buffer | undefined): void {
    this.#deflated = this.#wrap(smaller)
    const awaiting = this.#awaiting as Awaiting[]
    this.#awaiting = undefined
    for (const waiter of awaiting) waiter.resume()
  }

  #wrap (smaller: Buffer | undefined): Batch {
    if (smaller === undefined) return this.plain
    const bytes = head(FIN | COMPRESSED | this.#opcode, smaller.length)
    bytes.set(smaller, bytes.length - smaller.length)
    return new Batch(bytes)
  }
}

/** RFC 6455 section 5.5.2: a ping without payload. */
export const PING: Batch = new Batch(Buffer.of(FIN | 9, 0))

/** A buffer for the whole frame, its header written. */
function head (first: number, length: number): Buffer {
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(start + length)
  bytes[0] = first
  bytes[1] = start === 2 ? length : start === 4 ? 126 : 127
  if (start === 4) bytes.writeUInt16BE(length, 2)
  if (start === 10) bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes
}
