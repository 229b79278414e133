import { DecodeError } from './decode-error.ts'

/** Bytes that follow the heads 0xca to 0xd3: floats and integers of fixed width. */
const widths: readonly number[] = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/**
 * Reads the heads of a MessagePack value without building it, and refuses what a decoder would have to pay for first:
 * a length that the frame cannot hold (decoders allocate arrays by the length they claim), values too deep,
 * bytes behind the value, keys that are not strings, and extension types, which JSON has no twin for.
 * @throws {DecodeError}
 */
export function checkShape (bytes: Uint8Array, maxDepth: number): void {
  const shape = new Shape(bytes, maxDepth)
  shape.value(0)
  shape.end()
}

class Shape {
  readonly #bytes: Uint8Array
  readonly #maxDepth: number
  #at = 0
  /** Values that containers have claimed and that are still to come; each needs one byte at least. */
  #owed = 1

  constructor (bytes: Uint8Array, maxDepth: number) {
    this.#bytes = bytes
    this.#maxDepth = maxDepth
  }

  end (): void {
    if (this.#at !== this.#bytes.length) throw malformed()
  }

  value (depth: number): void {
    this.#owed--
    const head = this.#number(1)
    if (head <= 0x7f || head >= 0xe0) return
    if (head <= 0x8f) return this.#map(head & 0x0f, depth)
    if (head <= 0x9f) return this.#array(head & 0x0f, depth)
    if (head <= 0xbf) return this.#skip(head & 0x1f)
    if (head >= 0xca && head <= 0xd3) return this.#skip(widths[head - 0xca] as number)
    this.#wide(head, depth)
  }

  #wide (head: number, depth: number): void {
    switch (head) {
      case 0xc0: case 0xc2: case 0xc3: return
      case 0xc4: case 0xd9: return this.#skip(this.#number(1))
      case 0xc5: case 0xda: return this.#skip(this.#number(2))
      case 0xc6: case 0xdb: return this.#skip(this.#number(4))
      case 0xdc: return this.#array(this.#number(2), depth)
      case 0xdd: return this.#array(this.#number(4), depth)
      case 0xde: return this.#map(this.#number(2), depth)
      case 0xdf: return this.#map(this.#number(4), depth)
      default: throw malformed()
    }
  }

  #array (length: number, depth: number): void {
    this.#open(length, depth)
    for (let left = length; left > 0; left--) this.value(depth + 1)
  }

  #map (length: number, depth: number): void {
    this.#open(length * 2, depth)
    for (let left = length; left > 0; left--) {
      this.#key()
      this.value(depth + 1)
    }
  }

  #open (owed: number, depth: number): void {
    if (depth >= this.#maxDepth) throw new DecodeError('expected fewer levels of nesting')
    this.#owed += owed
    if (this.#owed > this.#bytes.length - this.#at) throw malformed()
  }

  #key (): void {
    const head = this.#bytes[this.#at] as number
    if (!(head >= 0xa0 && head <= 0xbf) && !(head >= 0xd9 && head <= 0xdb)) throw malformed()
    this.value(0)
  }

  #number (width: number): number {
    const start = this.#at
    this.#skip(width)
    let number = 0
    for (let at = start; at < this.#at; at++) number = number * 256 + (this.#bytes[at] as number)
    return number
  }

  #skip (length: number): void {
    this.#at += length
    if (this.#at > this.#bytes.length) throw malformed()
  }
}

function malformed (): DecodeError {
  return new DecodeError('expected one MessagePack value')
}
