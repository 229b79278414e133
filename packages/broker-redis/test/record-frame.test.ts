import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import t from 'tap'
import type { BrokerRecord } from '@fastify-realtime/broker'
import { decodeMessage, decodeRecord, encodeRecord, readPosition } from '../src/record-frame.ts'

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
  fc.assert(fc.property(record, fc.option(fc.nat()), (original, offset) => {
    const position = offset === null ? undefined : { epoch: 'e-1', offset }
    const head = position === undefined ? '' : `${position.epoch} ${position.offset}`
    const message = Buffer.concat([Buffer.from(`${head}\n`), encodeRecord(original)])
    const expected = position === undefined ? original : { ...original, position }
    assert.deepEqual(decodeMessage(message), expected)
  }), { numRuns: 1_000 })
  t.pass()
})

void t.test('any other bytes are refused, and nothing else happens', async (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assert.throws(() => decodeMessage(Buffer.from(bytes)), Error)
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
  t.throws(() => decodeRecord(header({})), { message: 'not a record header' })
  t.throws(() => decodeRecord(header(good.slice(1))), { message: 'not a record header' })
})

void t.test('a position is an epoch and a whole number', async (t) => {
  t.equal(readPosition(''), undefined)
  t.same(readPosition('e 7'), { epoch: 'e', offset: 7 })
  for (const wrong of ['e', 'e ', ' 7', 'e x', 'e 1.5', 'e 99999999999999999']) t.throws(() => readPosition(wrong), { message: 'not a position' })
})
