import { constants, deflateRaw, deflateRawSync } from 'node:zlib'

export interface CompressionSettings {
  /** Payload bytes below which a frame travels as it is. */
  readonly threshold: number
  /** Payload bytes from which the work is done outside the event loop's turn. */
  readonly offTurn: number
  /** zlib's 1 (fast) to 9 (small). */
  readonly level: number
}

/** RFC 7692 section 7.2.1: what a sync flush ends with is left out. */
const TAIL = 4

/**
 * Deflates a payload without any context, so that one result serves every connection that negotiated
 * `server_no_context_takeover`.
 */
export class Compressor {
  readonly threshold: number
  readonly offTurn: number
  readonly #options: { readonly level: number, readonly finishFlush: number }
  readonly #deflate: typeof deflateRaw

  constructor ({ threshold, offTurn, level }: CompressionSettings, deflate: typeof deflateRaw = deflateRaw) {
    this.threshold = threshold
    this.offTurn = offTurn
    this.#options = { level, finishFlush: constants.Z_SYNC_FLUSH }
    this.#deflate = deflate
  }

  /** `undefined` when compressing makes it no smaller. */
  now (payload: Buffer): Buffer | undefined {
    return smaller(payload, deflateRawSync(payload, this.#options))
  }

  /** The same, in a thread of zlib's. When that fails the payload travels as it is. */
  later (payload: Buffer, done: (deflated: Buffer | undefined) => void): void {
    this.#deflate(payload, this.#options, (error, deflated) => done(error === null ? smaller(payload, deflated) : undefined))
  }
}

function smaller (payload: Buffer, deflated: Buffer): Buffer | undefined {
  return deflated.length - TAIL < payload.length ? deflated.subarray(0, -TAIL) : undefined
}
