import type { Encoded } from '@fastify-realtime/protocol'
import type { Frame } from './contract.ts'

/** A finished RFC 6455 frame, header included (section 5.2): unmasked, final, text or binary. */
export class FinishedFrame implements Frame {
  readonly bytes: Buffer

  constructor (payload: Encoded) {
    this.bytes = finish(payload)
  }

  get size (): number { return this.bytes.length }
}

function finish (payload: Encoded): Buffer {
  const text = typeof payload === 'string'
  const length = text ? Buffer.byteLength(payload) : payload.length
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = text ? 0x81 : 0x82
  if (start === 2) {
    frame[1] = length
  } else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  if (text) frame.write(payload, start)
  else frame.set(payload, start)
  return frame
}
