import { Buffer } from 'node:buffer'
import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'

/** The first byte of a frame: what the payload is. */
const TEXT = 1
const BYTES = 2
const HEAD = 5
/** An epoch, an offset, a space and a line break are shorter. */
const MAX_PREFIX = 96

/** `kind, length of the header, header as JSON, payload`: the payload is copied, never looked into. */
export function encodeRecord (record: BrokerRecord): Buffer {
  const { channel, topic, event, id, time, payload, except, version, trace } = record
  const header = JSON.stringify([channel, topic, event, id, time, except ?? null, version ?? null, trace ?? null])
  const headerBytes = Buffer.byteLength(header)
  const frame = Buffer.allocUnsafe(HEAD + headerBytes + Buffer.byteLength(payload))
  frame[0] = typeof payload === 'string' ? TEXT : BYTES
  frame.writeUInt32LE(headerBytes, 1)
  frame.write(header, HEAD)
  if (typeof payload === 'string') frame.write(payload, HEAD + headerBytes)
  else frame.set(payload, HEAD + headerBytes)
  return frame
}

/** @throws {TypeError} when the bytes are no record. */
export function decodeRecord (frame: Buffer, position?: Position): BrokerRecord {
  const kind = frame[0]
  if (frame.length < HEAD || (kind !== TEXT && kind !== BYTES)) throw new TypeError('not a record')
  const start = HEAD + frame.readUInt32LE(1)
  if (start > frame.length) throw new TypeError('not a whole record')
  const header: unknown = JSON.parse(frame.toString('utf8', HEAD, start))
  if (!isHeader(header)) throw new TypeError('not a record header')
  const [channel, topic, event, id, time, except, version, trace] = header
  return {
    channel,
    topic,
    event,
    id,
    time,
    payload: kind === TEXT ? frame.toString('utf8', start) : new Uint8Array(frame.subarray(start)),
    ...except !== null && { except },
    ...version !== null && { version },
    ...trace !== null && { trace },
    ...position !== undefined && { position }
  }
}

/** A published message is the position, a line break and the frame. @throws {TypeError} when it is none. */
export function decodeMessage (message: Buffer): BrokerRecord {
  const end = message.subarray(0, MAX_PREFIX).indexOf(10)
  if (end === -1) throw new TypeError('not a message')
  return decodeRecord(message.subarray(end + 1), readPosition(message.toString('latin1', 0, end)))
}

/** Nothing without history. */
export function readPosition (text: string): Position | undefined {
  return text === '' ? undefined : parsePosition(text)
}

/** `<epoch> <offset>`. @throws {TypeError} when it is none. */
export function parsePosition (text: string): Position {
  const [epoch = '', offset = ''] = text.split(' ')
  const position = { epoch, offset: Number(offset) }
  if (epoch === '' || offset === '' || !Number.isSafeInteger(position.offset)) throw new TypeError('not a position')
  return position
}

type Header = [
  channel: string, topic: string, event: string, id: string, time: number,
  except: string | null, version: number | null, trace: string | null
]

function isHeader (value: unknown): value is Header {
  if (!Array.isArray(value) || value.length !== 8) return false
  const [channel, topic, event, id, time, except, version, trace] = value as unknown[]
  return [channel, topic, event, id].every((field) => typeof field === 'string') && typeof time === 'number' &&
    [except, trace].every((field) => field === null || typeof field === 'string') &&
    (version === null || typeof version === 'number')
}
