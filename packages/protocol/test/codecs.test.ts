import { test } from 'tap'
import { DecodeError, jsonCodec, jsonCodecWith } from '../src/index.ts'
import { jsonToMsgpack, msgpackCodec, msgpackCodecWith, msgpackToJson } from '../src/msgpack.ts'

const head = { topic: 'room:42', event: 'e', id: 'p1', time: 1 }

test('each codec names its subprotocol and the kind of its frames', (t) => {
  t.match(jsonCodec, { subprotocol: 'realtime.v1.json', binary: false })
  t.match(msgpackCodec, { subprotocol: 'realtime.v1.msgpack', binary: true })
  t.ok(Object.isFrozen(jsonCodec) && Object.isFrozen(msgpackCodec))
  t.end()
})

test('JSON payload is spliced as it is, never parsed', (t) => {
  t.equal(jsonCodec.encodePublication(head, 'NOT JSON'), '{"type":"publication","topic":"room:42","event":"e","id":"p1","time":1,"data":NOT JSON}')
  t.end()
})

test('MessagePack payload is spliced as it is, never parsed', (t) => {
  const frame = Buffer.from(msgpackCodec.encodePublication(head, Buffer.from('c1c1', 'hex')) as Uint8Array).toString('hex')
  t.match(frame, /a464617461c1c1$/)
  t.end()
})

test('the data of a reply is spliced as it is, never parsed', (t) => {
  t.equal(jsonCodec.encodeReply('quo"te', 'NOT JSON'), '{"type":"reply","id":"quo\\"te","data":NOT JSON}')
  t.match(Buffer.from(msgpackCodec.encodeReply('7', Buffer.from('c1c1', 'hex')) as Uint8Array).toString('hex'), /a464617461c1c1$/)
  t.throws(() => jsonCodec.encodeReply('7', new Uint8Array(1)), { name: 'TypeError', message: /toJson/ })
  t.end()
})

test('only the fields of a head travel, so a broker record may be handed in', (t) => {
  const record = { ...head, channel: 'topics', payload: 'secret', except: 'c1' }
  for (const codec of [jsonCodec, msgpackCodec]) t.strictSame(codec.decode(codec.encodePublication(record, '1')), { type: 'publication', ...head, data: 1 })
  t.end()
})

test('undefined fields do not travel in either codec', (t) => {
  for (const codec of [jsonCodec, msgpackCodec]) t.strictSame(codec.decode(codec.encode({ type: 'reply', id: '1', data: undefined })), { type: 'reply', id: '1' })
  t.end()
})

test('a frame of the other kind is refused', (t) => {
  t.throws(() => jsonCodec.decode(Buffer.from('{}')), new DecodeError('expected a text frame'))
  t.throws(() => msgpackCodec.decode('{}'), new DecodeError('expected a binary frame'))
  t.end()
})

test('the JSON codec says what to do with a payload of bytes', (t) => {
  t.throws(() => jsonCodec.encodePublication(head, new Uint8Array(1)), { name: 'TypeError', message: /toJson/ })
  t.end()
})

test('a payload changes between JSON and MessagePack, bytes as base64', (t) => {
  t.equal(msgpackToJson(jsonToMsgpack('{"a":[1,"é"]}')), '{"a":[1,"é"]}')
  t.equal(msgpackToJson(Buffer.from('82a161c403010203a162c400', 'hex')), '{"a":"AQID","b":""}')
  t.end()
})

test('bytes in a MessagePack message are one value, not keys', (t) => {
  const codec = msgpackCodecWith({ maxKeys: 2 })
  const decoded = codec.decode(Buffer.concat([Buffer.from('82a474797065a178a464617461c464', 'hex'), Buffer.alloc(100, 7)]))
  t.strictSame(decoded, { type: 'x', data: new Uint8Array(100).fill(7) })
  t.end()
})

test('limits may be set, for a client that trusts its server', (t) => {
  for (const codec of [jsonCodecWith({ maxDepth: 3, maxKeys: 4 }), msgpackCodecWith({ maxDepth: 3, maxKeys: 4 })]) {
    t.strictSame(codec.decode(codec.encode({ type: 'x', data: { a: [1], b: 2 } })), { type: 'x', data: { a: [1], b: 2 } })
    t.throws(() => codec.decode(codec.encode({ type: 'x', data: { a: [[]] } })), new DecodeError('expected fewer levels of nesting'))
    t.throws(() => codec.decode(codec.encode({ type: 'x', data: { a: 1, b: 2, c: 3 } })), new DecodeError('expected fewer keys'))
  }
  t.end()
})

test('a limit out of its range is refused', (t) => {
  for (const maxDepth of [0, -1, 1_001, 1.5, Number.NaN, Infinity, '32' as unknown as number]) {
    t.throws(() => jsonCodecWith({ maxDepth }), { name: 'TypeError', message: /Expected maxDepth to be a whole number from 1 to 1000, got/ })
  }
  t.throws(() => msgpackCodecWith({ maxKeys: 2 ** 31 }), { name: 'TypeError', message: /maxKeys/ })
  t.end()
})

test('a message about a bad frame holds nothing of the frame', (t) => {
  for (const frame of ['{"secret', '{"__proto__":"secret"}', '"' + 'secret'.repeat(10)]) {
    t.throws(() => jsonCodec.decode(frame), { message: /^(?!.*secret)/ })
  }
  t.end()
})
