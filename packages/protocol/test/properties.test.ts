import fc from 'fast-check'
import { test } from 'tap'
import {
  bearerProtocol, byteLength, cutToBytes, formatCloseReason, isDecodeError, isMessageFailure, isPattern, isTopic, jsonCodec, jsonCodecWith, matchesPattern, parseRetryAfter,
  readBearerProtocol, readMessage, topicUser, userTopic
} from '../src/index.ts'
import type { Envelope } from '../src/index.ts'
import { msgpackCodec, msgpackToJson } from '../src/msgpack.ts'

const anyText = fc.string({ unit: 'binary' })
const levels = fc.array(fc.stringMatching(/^[A-Za-z0-9_.~@+=%-]{1,8}$/), { minLength: 1, maxLength: 8 })
/** JSON data without the keys that decoding refuses and the -0 that JSON cannot carry. */
const data = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value).replaceAll(/"(__proto__|constructor)":/g, '"$1_":')) as unknown)
const head = fc.record({
  topic: levels.map((all) => all.join(':')),
  event: anyText,
  id: anyText,
  time: fc.nat(),
  position: fc.record({ epoch: fc.string(), offset: fc.nat() }),
  version: fc.nat(),
  trace: fc.string()
}, { requiredKeys: ['topic', 'event', 'id', 'time'] })

test('byteLength agrees with an encoder, for lone surrogates too', (t) => {
  const units = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((all) => String.fromCharCode(...all))
  const surrogates = fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 12 }).map((all) => String.fromCharCode(...all))
  fc.assert(fc.property(fc.oneof(anyText, units, surrogates), (text) => byteLength(text) === new TextEncoder().encode(text).length))
  t.end()
})

test('cutToBytes keeps the longest whole beginning that fits', (t) => {
  fc.assert(fc.property(anyText, fc.nat(60), (text, limit) => {
    const cut = cutToBytes(text, limit)
    const next = text.codePointAt(cut.length)
    return text.startsWith(cut) && byteLength(cut) <= limit && !/\p{Surrogate}/u.test(cut) &&
      (next === undefined || byteLength(cut + String.fromCodePoint(next)) > limit)
  }))
  t.end()
})

test('a close reason always fits a close frame, and its hint is read back', (t) => {
  fc.assert(fc.property(anyText, fc.option(fc.nat(999_999_999), { nil: undefined }), (reason, retryAfter) => {
    const text = formatCloseReason({ code: 1012, reason, ...retryAfter !== undefined && { retryAfter } })
    return byteLength(text) <= 123 && (retryAfter === undefined || parseRetryAfter(text) === retryAfter)
  }))
  t.end()
})

test('a topic matches itself, the pattern of each level above it, and no other pattern', (t) => {
  fc.assert(fc.property(levels, levels, (mine, other) => {
    const topic = mine.join(':')
    const above = mine.map((_level, at) => [...mine.slice(0, at), '*'].join(':'))
    const strange = [...other, '*'].slice(-8).join(':')
    const isAbove = above.includes(strange)
    return isTopic(topic) && above.every((pattern) => isPattern(pattern) && matchesPattern(pattern, topic)) &&
      matchesPattern(strange, topic) === isAbove && matchesPattern(topic, topic)
  }))
  t.end()
})

test('every id up to 83 bytes has its own topic, and the topic gives the id back', (t) => {
  const id = anyText.filter((text) => text.length > 0 && byteLength(text) <= 83)
  fc.assert(fc.property(id, (text) => isTopic(userTopic(text)) && topicUser(userTopic(text)) === text))
  t.end()
})

test('topicUser answers an id only for the one spelling that userTopic makes', (t) => {
  fc.assert(fc.property(fc.oneof(anyText, fc.string().map((rest) => `user:${rest}`)), (topic) => {
    const id = topicUser(topic)
    return id === undefined || userTopic(id) === topic
  }))
  t.end()
})

test('a token comes back out of its subprotocol, whatever is in it', (t) => {
  fc.assert(fc.property(anyText.filter((text) => text.length > 0), (token) => readBearerProtocol(bearerProtocol(token)) === token))
  fc.assert(fc.property(anyText, (offer) => ['string', 'undefined'].includes(typeof readBearerProtocol(`bearer.${offer}`))))
  t.end()
})

test('both codecs give back what they encoded', (t) => {
  fc.assert(fc.property(anyText, data, (type, value) => {
    const envelope = { type, id: '1', data: value } as Envelope
    for (const codec of [jsonCodec, msgpackCodec]) t.strictSame(codec.decode(codec.encode(envelope)), envelope)
  }), { numRuns: 50 })
  t.end()
})

test('a spliced publication decodes to its head and its data, from either kind of payload', (t) => {
  const codecs = [jsonCodecWith({ toJson: msgpackToJson }), msgpackCodec]
  fc.assert(fc.property(head, data, (fields, value) => {
    const json = JSON.stringify(value)
    const expected = { type: 'publication', ...fields, data: value }
    const packed = msgpackCodec.encode(value as Envelope) as Uint8Array
    for (const codec of codecs) {
      t.strictSame(codec.decode(codec.encodePublication(fields, json)), JSON.parse(JSON.stringify(expected)))
      t.strictSame(codec.decode(codec.encodePublication(fields, packed)), JSON.parse(JSON.stringify(expected)))
    }
  }), { numRuns: 50 })
  t.end()
})

test('a spliced reply decodes to its id and its data, from either kind of payload', (t) => {
  const codecs = [jsonCodecWith({ toJson: msgpackToJson }), msgpackCodec]
  fc.assert(fc.property(fc.string({ minLength: 1, maxLength: 64 }), data, (id, value) => {
    const packed = msgpackCodec.encode(value as Envelope) as Uint8Array
    const expected: unknown = JSON.parse(JSON.stringify({ type: 'reply', id, data: value }))
    for (const codec of codecs) {
      for (const payload of [JSON.stringify(value), packed]) t.strictSame(codec.decode(codec.encodeReply(id, payload)), expected)
    }
  }), { numRuns: 50 })
  t.end()
})

test('decoding anything answers a value or throws a DecodeError, and reading it a message or a MessageFailure', (t) => {
  const text = fc.oneof(anyText, fc.json(), data.map((value) => JSON.stringify(value)))
  const settles = (decode: () => unknown): boolean => {
    try {
      readMessage(decode())
      return true
    } catch (error) {
      return isDecodeError(error) || isMessageFailure(error)
    }
  }
  fc.assert(fc.property(text, (frame) => settles(() => jsonCodec.decode(frame))))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (frame) => settles(() => msgpackCodec.decode(frame))), { numRuns: 1_000 })
  t.end()
})

test('MessagePack with bytes changed or cut never builds what the frame cannot hold', (t) => {
  const frame = data.map((value) => msgpackCodec.encode({ type: 'x', data: value }) as Uint8Array)
  fc.assert(fc.property(frame, fc.nat(), fc.nat(255), fc.nat(), (bytes, at, byte, end) => {
    const changed = bytes.slice(0, 1 + end % bytes.length)
    changed[at % changed.length] = byte
    try {
      msgpackCodec.decode(changed)
      return true
    } catch (error) {
      return isDecodeError(error)
    }
  }), { numRuns: 1_000 })
  t.end()
})
