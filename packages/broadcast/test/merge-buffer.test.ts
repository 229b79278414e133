import { jsonCodec } from '@fastify-realtime/protocol'
import type { Position } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { continuity } from '../src/continuity.ts'
import { MergeBuffer } from '../src/merge-buffer.ts'
import { isText, Outgoing, publicationHead, readPublication, SharedFrame } from '../src/publication.ts'
import { frame } from './model/fake-connection.ts'

function outgoing (offset: number | undefined, epoch = 'e'): Outgoing {
  const record = {
    channel: 'topics', topic: 'a', event: 'm', id: String(offset), time: 1, payload: String(offset),
    ...(offset !== undefined && { position: { epoch, offset } })
  }
  return new Outgoing(record, publicationHead(record, true), frame)
}

function filled (limit: number, ...positions: Array<[number, string?]>): MergeBuffer {
  const buffer = new MergeBuffer(limit, continuity)
  for (const [offset, epoch] of positions) buffer.add(outgoing(offset, epoch))
  return buffer
}

const after = (buffer: MergeBuffer, position: Position): Array<number | undefined> | undefined =>
  buffer.after(position)?.map(({ record }) => record.position?.offset)

test('positions follow, repeat, or belong to another history', (t) => {
  t.equal(continuity(undefined, { epoch: 'e', offset: 1 }), 'next')
  t.equal(continuity({ epoch: 'e', offset: 1 }, { epoch: 'e', offset: 9 }), 'next')
  t.equal(continuity({ epoch: 'e', offset: 1 }, { epoch: 'e', offset: 1 }), 'seen')
  t.equal(continuity({ epoch: 'e', offset: 1 }, { epoch: 'f', offset: 2 }), 'lost')
  t.end()
})

test('what came after the read is kept in order', (t) => {
  const buffer = filled(10, [3], [5], [6])
  t.same(after(buffer, { epoch: 'e', offset: 4 }), [5, 6])
  t.same(after(buffer, { epoch: 'e', offset: 9 }), [])
  buffer.add(outgoing(undefined))
  t.same(after(buffer, { epoch: 'e', offset: 5 }), [6])
  t.end()
})

test('a buffer that gave something up says so', (t) => {
  const buffer = filled(2, [1], [2], [3], [4])
  t.equal(after(buffer, { epoch: 'e', offset: 1 }), undefined)
  t.same(after(buffer, { epoch: 'e', offset: 2 }), [3, 4])
  t.end()
})

test('records of an older history are passed over, of a newer one they cannot be joined', (t) => {
  t.same(after(filled(9, [1, 'd'], [2]), { epoch: 'e', offset: 1 }), [2])
  t.equal(after(filled(9, [1], [2, 'f']), { epoch: 'e', offset: 1 }), undefined)
  t.end()
})

test('a publication is encoded once per codec', (t) => {
  let made = 0
  const count: typeof frame = (codec, content) => { made++; return frame(codec, content) }
  const record = { channel: 'topics', topic: 'a', event: 'm', id: '1', time: 1, payload: '{"a":1}', version: 2, trace: 't', position: { epoch: 'e', offset: 1 } }
  const one = new Outgoing(record, publicationHead(record, true), count)
  const codecs = [jsonCodec, { ...jsonCodec }, { ...jsonCodec }]
  for (const codec of [...codecs, ...codecs]) one.frame(codec)
  t.equal(made, 3)
  t.same(JSON.parse((one.frame(jsonCodec) as ReturnType<typeof frame>).content as string), {
    type: 'publication', topic: 'a', event: 'm', id: '1', time: 1, position: { epoch: 'e', offset: 1 }, version: 2, trace: 't', data: { a: 1 }
  })
  t.same(readPublication(record, false), { type: 'publication', topic: 'a', event: 'm', id: '1', time: 1, version: 2, trace: 't', data: { a: 1 } })
  t.notOk(isText({ ...record, payload: new Uint8Array() }))
  t.type(new SharedFrame((codec) => frame(codec, { type: 'heartbeat' })).of(jsonCodec), 'object')
  t.end()
})
