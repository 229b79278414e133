/** A frame from a server, payload copied out. */
export interface ReceivedFrame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly masked: boolean
  readonly payload: Buffer
}

/** Cuts a byte stream into frames (RFC 6455 section 5.2); keeps what is not whole yet. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  read (chunk: Buffer): ReceivedFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: ReceivedFrame[] = []
    for (let end = frameEnd(this.#rest); end !== undefined; end = frameEnd(this.#rest)) {
      frames.push(toFrame(this.#rest.subarray(0, end)))
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}

function frameEnd (bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const start = payloadStart(bytes)
  if (bytes.length < start) return undefined
  const end = start + payloadLength(bytes)
  return bytes.length < end ? undefined : end
}

function payloadStart (bytes: Buffer): number {
  const second = bytes.readUInt8(1)
  const short = second & 0x7f
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
}

function payloadLength (bytes: Buffer): number {
  const short = bytes.readUInt8(1) & 0x7f
  if (short < 126) return short
  return short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
}

function toFrame (bytes: Buffer): ReceivedFrame {
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)]
  return {
    fin: (first & 0x80) !== 0,
    rsv: first >> 4 & 7,
    opcode: first & 15,
    masked: (second & 0x80) !== 0,
    payload: Buffer.from(bytes.subarray(payloadStart(bytes)))
  }
}
