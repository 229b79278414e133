import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import type { BrokerRecord } from '@fastify-realtime/broker'
import { decodeLimits, decodeMarker, decodeRecord, decodeVersion, encodeMarker, encodeRecord, isMarker } from '../src/record-frame.ts'

const text = fc.string({ unit: 'grapheme' })
const record: fc.Arbitrary<BrokerRecord> = fc.record({
  channel: text,
  topic: text,
  event: text,
  id: text,
  time: fc.integer(),
  payload: fc.oneof(text, fc.uint8Array()),
  except: text,
  version: fc.integer(),
  trace: text
}, { requiredKeys: ['channel', 'topic', 'event', 'id', 'time', 'payload'], noNullPrototype: true })

void t.test('what is encoded is decoded', async (t) => {
  fc.assert(fc.property(record, fc.option(fc.nat()), fc.option(fc.record({ size: fc.nat(), ttl: fc.nat() }, { noNullPrototype: true })), (original, offset, limits) => {
    const frame = encodeRecord(original, limits ?? undefined)
    const position = offset === null ? undefined : { epoch: 'e', offset }
    assert.deepEqual(decodeRecord(frame, position), position === undefined ? original : { ...original, position })
    assert.equal(decodeVersion(frame), original.version)
    if (limits !== null) assert.deepEqual(decodeLimits(frame), limits)
    else assert.throws(() => decodeLimits(frame), { message: 'not a record with history' })
    assert.equal(isMarker(frame), false)
  }), { numRuns: 1_000 })
  t.pass()
})

void t.test('any other bytes are refused, and nothing else happens', async (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.throws(() => decodeRecord(bytes), Error)
  }), { numRuns: 1_000 })
  t.pass()
})

void t.test('a frame that was cut or changed is refused', async (t) => {
  const frame = encodeRecord({ channel: 'c', topic: 't', event: 'e', id: 'i', time: 1, payload: '' })
  const changed = (at: number, byte: number): Buffer => {
    const copy = Buffer.from(frame)
    copy[at] = byte
    return copy
  }
  t.throws(() => decodeRecord(frame.subarray(0, 4)), { message: 'not a record' })
  t.throws(() => decodeRecord(changed(0, 3)), { message: 'not a record' })
  t.throws(() => decodeRecord(frame.subarray(0, -1)), { message: 'not a whole record' })
  t.throws(() => decodeRecord(changed(4, 255)), { message: 'not a whole record' })
  const header = (value: unknown): Buffer => {
    const json = Buffer.from(JSON.stringify(value))
    const head = Buffer.alloc(5)
    head[0] = 1
    head.writeUInt32LE(json.length, 1)
    return Buffer.concat([head, json])
  }
  const good = ['c', 't', 'e', 'i', 1, null, null, null]
  t.equal(decodeRecord(header(good)).payload, '')
  for (const [at, wrong] of [[0, 1], [1, null], [4, 'x'], [5, 1], [6, 'x'], [7, 1]] as const) {
    t.throws(() => decodeRecord(header(good.with(at, wrong))), { message: 'not a record header' })
  }
  for (const wrong of [{}, good.slice(1), [...good, 1]]) t.throws(() => decodeRecord(header(wrong)), { message: 'not a record header' })
  for (const wrong of [[...good, 1, null], [...good, null, 1]]) t.throws(() => decodeLimits(header(wrong)), { message: 'not a record with history' })
})

void t.test('a marker stands for itself, or for an earlier message', async (t) => {
  t.same([isMarker(encodeMarker()), isMarker(encodeMarker(7)), isMarker(Uint8Array.of(0)), isMarker(Uint8Array.of(0, 1))], [true, true, false, false])
  t.equal(decodeMarker(encodeMarker(), 9), 9)
  t.equal(decodeMarker(encodeMarker(7), 9), 7)
})
