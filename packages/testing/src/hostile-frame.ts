import { randomBytes } from 'node:crypto'

/** A frame as RFC 6455 section 5.2 draws it; every field may lie. */
export interface HostileFrame {
  /** Default: true. */
  readonly fin?: boolean
  /** The three reserved bits, 0–7. Default: 0. */
  readonly rsv?: number
  /** Default: 1, text. */
  readonly opcode?: number
  /** Default: true, as a client must. */
  readonly mask?: boolean
  readonly payload?: string | Uint8Array
  /** The length that the header claims. Default: the payload's own. */
  readonly length?: number | bigint
  /** The length field to use, in bits, whether it is the shortest one or not. Default: the shortest that fits. */
  readonly lengthField?: 7 | 16 | 64
}

/** The bytes of a frame that a well-behaved client might never send. */
export function hostileFrame ({ fin = true, rsv = 0, opcode = 1, mask = true, payload = '', length, lengthField }: HostileFrame): Buffer {
  const body = Buffer.from(payload as string)
  const claimed = BigInt(length ?? body.length)
  const header = lengthBytes(claimed, lengthField ?? shortestField(claimed))
  header[0] = (header[0] as number) | (mask ? 0x80 : 0)
  const first = Buffer.of((fin ? 0x80 : 0) | rsv << 4 | opcode)
  if (!mask) return Buffer.concat([first, header, body])
  const key = randomBytes(4)
  return Buffer.concat([first, header, key, body.map((byte, at) => byte ^ (key[at & 3] as number))])
}

function shortestField (length: bigint): 7 | 16 | 64 {
  if (length < 126n) return 7
  return length < 65_536n ? 16 : 64
}

function lengthBytes (length: bigint, field: 7 | 16 | 64): Buffer {
  if (field === 7) return Buffer.of(Number(length))
  const bytes = Buffer.alloc(field === 16 ? 3 : 9)
  bytes[0] = field === 16 ? 126 : 127
  if (field === 16) bytes.writeUInt16BE(Number(length), 1)
  else bytes.writeBigUInt64BE(BigInt.asUintN(64, length), 1)
  return bytes
}
