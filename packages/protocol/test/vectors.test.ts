import { readFileSync } from 'node:fs'
import { test } from 'tap'
import {
  assertTopic, bearerProtocol, byteLength, closeReasons, comesBack, formatCloseReason, isAfter, isBearerProtocol, isDecodeError, isFailureCode, isMessageFailure, isPattern,
  isReservedTopic, isReservedType, isTopic, jsonCodec, jsonCodecWith, matchesPattern, messageFailure, parseRetryAfter, readBearerProtocol, readMessage, topicUser, userTopic
} from '../src/index.ts'
import type { CloseName, Envelope, FailureCode, Position, PublicationHead } from '../src/index.ts'
import { msgpackCodec, msgpackToJson } from '../src/msgpack.ts'

function vectors<Groups> (name: string): Groups {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Groups
}

/** Whether the work is done or refused with an error that `isExpected`; any other error fails the test. */
function accepts (work: () => unknown, isExpected: (error: unknown) => boolean): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (isExpected(error)) return false
    throw error
  }
}

test('topic.json', (t) => {
  const { topics, patterns, matches, users, notUsers } = vectors<{
    topics: Array<{ value: unknown, valid: boolean, reserved?: boolean }>
    patterns: Array<{ value: unknown, valid: boolean }>
    matches: Array<{ pattern: string, topic: string, matches: boolean }>
    users: Array<{ id: string, topic: string | null }>
    notUsers: string[]
  }>('topic')
  for (const { value, valid, reserved } of topics) {
    t.equal(isTopic(value), valid, `topic ${JSON.stringify(value)}`)
    t.equal(accepts(() => assertTopic(value), (error) => error instanceof TypeError), valid)
    if (valid) t.equal(isReservedTopic(String(value)), reserved)
  }
  for (const { value, valid } of patterns) t.equal(isPattern(value), valid, `pattern ${JSON.stringify(value)}`)
  for (const { pattern, topic, matches: expected } of matches) t.equal(matchesPattern(pattern, topic), expected, `${pattern} ${topic}`)
  for (const { id, topic } of users) {
    if (topic === null) t.throws(() => userTopic(id), TypeError)
    else t.same([userTopic(id), topicUser(topic)], [topic, id])
  }
  for (const topic of notUsers) t.equal(topicUser(topic), undefined, topic)
  t.end()
})

test('close-code.json', (t) => {
  const { named, comesBack: codes, formatted, hints } = vectors<{
    named: Array<{ name: CloseName, code: number }>
    comesBack: Array<{ code: number, comesBack: boolean }>
    formatted: Array<{ reason: string, retryAfter?: number, text: string }>
    hints: Array<{ reason: string, retryAfter: number | null }>
  }>('close-code')
  t.same(Object.fromEntries(named.map(({ name, code }) => [name, code])), Object.fromEntries(Object.entries(closeReasons).map(([name, { code }]) => [name, code])))
  for (const { code, comesBack: expected } of codes) t.equal(comesBack(code), expected, String(code))
  for (const { text, ...reason } of formatted) {
    t.equal(formatCloseReason({ code: 1012, ...reason }), text)
    t.ok(byteLength(text) <= 123)
  }
  for (const { reason, retryAfter } of hints) t.equal(parseRetryAfter(reason) ?? null, retryAfter, reason)
  t.end()
})

test('envelope.json', (t) => {
  const { messages, reservedTypes, failures, bearers, badBearers, positions } = vectors<{
    messages: Array<{ value: unknown, valid: boolean }>
    reservedTypes: Array<{ type: string, reserved: boolean }>
    failures: Array<{ code: FailureCode, retry: boolean }>
    bearers: Array<{ token: string, protocol: string }>
    badBearers: string[]
    positions: Array<{ a: Position, b: Position, after: boolean }>
  }>('envelope')
  const badMessage = (error: unknown): boolean => isMessageFailure(error) && error.code === 'bad-message' && !error.retry
  for (const { value, valid } of messages) t.equal(accepts(() => readMessage(value), badMessage), valid, JSON.stringify(value))
  for (const { type, reserved } of reservedTypes) t.equal(isReservedType(type), reserved, type)
  for (const { code, retry } of failures) {
    t.equal(messageFailure(code, '').retry, retry, code)
    t.equal(isFailureCode(code), true)
  }
  for (const { token, protocol } of bearers) t.same([bearerProtocol(token), readBearerProtocol(protocol), isBearerProtocol(protocol)], [protocol, token, true])
  for (const protocol of badBearers) t.equal(readBearerProtocol(protocol), undefined, protocol)
  for (const { a, b, after } of positions) t.equal(isAfter(a, b), after)
  t.end()
})

test('codec.json', (t) => {
  const { envelopes, publications, json, msgpack } = vectors<{
    envelopes: Array<{ value: Envelope, json: string, msgpack: string }>
    publications: Array<{ head: PublicationHead, payload: string, payloadMsgpack: string, value: unknown }>
    json: Array<{ frame: string, valid: boolean }>
    msgpack: Array<{ hex: string, valid: boolean, value?: unknown }>
  }>('codec')
  for (const { value, json: text, msgpack: hex } of envelopes) {
    t.equal(jsonCodec.encode(value), text)
    t.equal(Buffer.from(msgpackCodec.encode(value) as Uint8Array).toString('hex'), hex)
    t.same(jsonCodec.decode(text), value)
    t.same(msgpackCodec.decode(Buffer.from(hex, 'hex')), value)
  }
  const bothKinds = jsonCodecWith({ toJson: msgpackToJson })
  for (const { head, payload, payloadMsgpack, value } of publications) {
    for (const codec of [bothKinds, msgpackCodec]) {
      t.same(codec.decode(codec.encodePublication(head, payload)), value)
      t.same(codec.decode(codec.encodePublication(head, Buffer.from(payloadMsgpack, 'hex'))), value)
    }
  }
  for (const { frame, valid } of json) t.equal(accepts(() => jsonCodec.decode(frame), isDecodeError), valid, frame.slice(0, 80))
  for (const { hex, valid, value } of msgpack) {
    const frame = Buffer.from(hex, 'hex')
    t.equal(accepts(() => msgpackCodec.decode(frame), isDecodeError), valid, hex.slice(0, 80))
    if (valid) t.same(msgpackCodec.decode(frame), value)
  }
  t.end()
})
