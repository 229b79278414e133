import { Buffer } from 'node:buffer'
import type { BrokerRecord, HistoryLimits } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'

/** The first byte of a frame: what the payload is. */
const TEXT = 1
const BYTES = 2
const HEAD = 5

const MARKER = 0

/** Stands in a history so that the topic has a position. @param at the topic's position; absent for where the marker stands itself */
export function encodeMarker (at?: number): Buffer {
  return Buffer.concat([Uint8Array.of(MARKER, MARKER), Buffer.from(String(at ?? ''))])
}

export function isMarker (frame: Uint8Array): boolean {
  return frame.length > 1 && frame[0] === MARKER && frame[1] === MARKER
}

/** The position that a marker stands for. @param seq where it stands itself */
export function decodeMarker (frame: Uint8Array, seq: number): number {
  return frame.length === 2 ? seq : Number(Buffer.from(frame).toString('latin1', 2))
}

/** `kind, length of the header, header as JSON, payload`: the payload is copied, never looked into. */
export function encodeRecord (record: BrokerRecord, limits?: HistoryLimits): Buffer {
  const { channel, topic, event, id, time, payload, except, version, trace } = record
  const header = JSON.stringify([
    channel, topic, event, id, time, except ?? null, version ?? null, trace ?? null, ...limits === undefined ? [] : [limits.size, limits.ttl]
  ])
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
export function decodeRecord (bytes: Uint8Array, position?: Position): BrokerRecord {
  const { frame, header, start } = open(bytes)
  const [channel, topic, event, id, time, except, version, trace] = header
  return {
    channel,
    topic,
    event,
    id,
    time,
    payload: frame[0] === TEXT ? frame.toString('utf8', start) : new Uint8Array(frame.subarray(start)),
    ...except !== null && { except },
    ...version !== null && { version },
    ...trace !== null && { trace },
    ...position !== undefined && { position }
  }
}

/** The limits of the history that a record was appended to. @throws {TypeError} when the bytes are no such record. */
export function decodeLimits (bytes: Uint8Array): HistoryLimits {
  const [, , , , , , , , size, ttl] = open(bytes).header
  if (typeof size !== 'number' || typeof ttl !== 'number') throw new TypeError('not a record with history')
  return { size, ttl }
}

/** The version of a record that has one. @throws {TypeError} when the bytes are no record. */
export function decodeVersion (bytes: Uint8Array): number | undefined {
  return open(bytes).header[6] ?? undefined
}

type Header = [
  channel: string, topic: string, event: string, id: string, time: number,
  except: string | null, version: number | null, trace: string | null, size?: number, ttl?: number
]

function open (bytes: Uint8Array): { readonly frame: Buffer, readonly header: Header, readonly start: number } {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (frame.length < HEAD || (frame[0] !== TEXT && frame[0] !== BYTES)) throw new TypeError('not a record')
  const start = HEAD + frame.readUInt32LE(1)
  if (start > frame.length) throw new TypeError('not a whole record')
  const header: unknown = JSON.parse(frame.toString('utf8', HEAD, start))
  if (!isHeader(header)) throw new TypeError('not a record header')
  return { frame, header, start }
}

function isHeader (value: unknown): value is Header {
  if (!Array.isArray(value) || (value.length !== 8 && value.length !== 10)) return false
  const [channel, topic, event, id, time, except, version, trace] = value as unknown[]
  return [channel, topic, event, id].every((field) => typeof field === 'string') && typeof time === 'number' &&
    [except, trace].every((field) => field === null || typeof field === 'string') &&
    (version === null || typeof version === 'number')
}
