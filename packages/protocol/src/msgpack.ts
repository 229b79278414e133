import { Decoder, Encoder } from '@msgpack/msgpack'
import type { Codec, Encoded } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import type { PublicationHead } from './envelope.ts'
import { checkShape } from './msgpack-shape.ts'
import { checkLimits, resolveLimits } from './parser-limits.ts'
import type { ParserLimits } from './parser-limits.ts'

export type { ParserLimits } from './parser-limits.ts'

// As in JSON, a field that is undefined does not travel.
const encoder = new Encoder({ ignoreUndefined: true })
const decoder = new Decoder()

/** `realtime.v1.msgpack`: one MessagePack map in a binary frame, with the limits that a server wants. */
export const msgpackCodec: Codec = /* @__PURE__ */ msgpackCodecWith()

/**
 * The MessagePack codec with parser limits of your own.
 * @throws {TypeError} when a limit is out of its range.
 */
export function msgpackCodecWith (options: Partial<ParserLimits> = {}): Codec {
  const limits = resolveLimits(options)
  return Object.freeze<Codec>({
    subprotocol: 'realtime.v1.msgpack',
    binary: true,
    encode: (envelope) => encoder.encode(envelope),
    encodePublication: splicePublication,
    encodeReply: (id, payload) => splice({ type: 'reply', id, data: null }, payload),
    decode: (frame) => decode(frame, limits)
  })
}

/** Turns JSON text into the MessagePack of the same data. */
export function jsonToMsgpack (text: string): Uint8Array {
  return encoder.encode(JSON.parse(text))
}

/** Turns MessagePack into JSON text, bytes as base64: the `toJson` of `jsonCodecWith`. */
export function msgpackToJson (payload: Uint8Array): string {
  return JSON.stringify(decoder.decode(plain(payload)), (_key, value: unknown) => value instanceof Uint8Array ? base64(value) : value)
}

function decode (frame: Encoded, limits: ParserLimits): unknown {
  if (typeof frame === 'string') throw new DecodeError('expected a binary frame')
  checkShape(frame, limits.maxDepth)
  const value = build(frame)
  checkLimits(value, limits)
  return value
}

function build (frame: Uint8Array): unknown {
  try {
    return decoder.decode(plain(frame))
  } catch {
    throw new DecodeError('expected one MessagePack value')
  }
}

function splicePublication ({ topic, event, id, time, position, version, trace, delta }: PublicationHead, payload: Encoded): Uint8Array {
  return splice({ type: 'publication', topic, event, id, time, position, version, trace, delta, data: null }, payload)
}

/** The head is encoded with a nil in the place of its last field, `data`; that one byte gives way to the payload. */
function splice (envelope: { readonly type: string, readonly data: null, readonly [field: string]: unknown }, payload: Encoded): Uint8Array {
  // Before the head: both come from one encoder, whose buffer the next encoding writes over.
  const data = typeof payload === 'string' ? jsonToMsgpack(payload) : payload
  const head = encoder.encodeSharedRef(envelope)
  const bytes = new Uint8Array(head.length - 1 + data.length)
  bytes.set(head.subarray(0, -1))
  bytes.set(data, head.length - 1)
  return bytes
}

/** Never a Node Buffer, so that bytes inside the data are no Buffers either: those turn into objects in JSON. */
function plain ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function base64 (bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
