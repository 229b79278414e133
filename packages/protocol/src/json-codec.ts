import type { Codec, Encoded } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import type { PublicationHead } from './envelope.ts'
import { checkLimits, defaultParserLimits, type ParserLimits } from './parser-limits.ts'

/** A JSON codec with parser limits of your own. */
export function jsonCodecWith (limits: Partial<ParserLimits>): Codec {
  const effective = { ...defaultParserLimits, ...limits }
  return Object.freeze({
    subprotocol: 'realtime.v1.json',
    binary: false,
    encode: (envelope) => JSON.stringify(envelope),
    encodePublication,
    decode (frame) {
      const value = parse(frame)
      checkLimits(value, effective)
      return value
    }
  } satisfies Codec)
}

/** `realtime.v1.json`: one JSON object in a text frame. */
export const jsonCodec: Codec = jsonCodecWith({})

function parse (frame: Encoded): unknown {
  if (typeof frame !== 'string') throw new DecodeError('expected a text frame')
  try {
    return JSON.parse(frame)
  } catch {
    throw new DecodeError('expected one JSON value')
  }
}

function encodePublication (head: PublicationHead, payload: Encoded): string {
  if (typeof payload !== 'string') throw new DecodeError('expected a payload of JSON text')
  const text = JSON.stringify({ type: 'publication', ...head })
  return `${text.slice(0, -1)},"data":${payload}}`
}
