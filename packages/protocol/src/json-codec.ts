import type { Codec, Encoded } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import { checkLimits, resolveLimits } from './parser-limits.ts'
import type { ParserLimits } from './parser-limits.ts'
import type { PublicationHead } from './envelope.ts'

export interface JsonCodecOptions extends Partial<ParserLimits> {
  /** Turns a payload of bytes into JSON text, such as `msgpackToJson`. Default: such a payload throws a TypeError. */
  readonly toJson?: (payload: Uint8Array) => string
}

/** `realtime.v1.json`: one JSON object in a text frame, with the limits that a server wants. */
export const jsonCodec: Codec = /* @__PURE__ */ jsonCodecWith()

/**
 * The JSON codec with parser limits of your own.
 * @throws {TypeError} when an option is out of its range.
 */
export function jsonCodecWith (options: JsonCodecOptions = {}): Codec {
  const limits = resolveLimits(options)
  const { toJson = refuseBytes } = options
  const textOf = (payload: Encoded): string => typeof payload === 'string' ? payload : toJson(payload)
  return Object.freeze<Codec>({
    subprotocol: 'realtime.v1.json',
    binary: false,
    encode: (envelope) => JSON.stringify(envelope),
    encodePublication: (head, payload) => spliceJson(head, textOf(payload)),
    encodeReply: (id, payload) => `{"type":"reply","id":${JSON.stringify(id)},"data":${textOf(payload)}}`,
    decode (frame) {
      const value = parse(frame)
      checkLimits(value, limits)
      return value
    }
  })
}

/** Only named fields travel, so that a caller may hand in a larger object, such as a broker's record. */
function spliceJson ({ topic, event, id, time, position, version, trace, delta }: PublicationHead, payload: string): string {
  const head = JSON.stringify({ type: 'publication', topic, event, id, time, position, version, trace, delta })
  return `${head.slice(0, -1)},"data":${payload}}`
}

function parse (frame: Encoded): unknown {
  if (typeof frame !== 'string') throw new DecodeError('expected a text frame')
  try {
    return JSON.parse(frame) as unknown
  } catch {
    throw new DecodeError('expected one JSON value')
  }
}

function refuseBytes (): never {
  throw new TypeError('Expected a payload of JSON text, got bytes. Give jsonCodecWith({ toJson }) a function that turns them into JSON.')
}
