import fc from 'fast-check'
import { isMessageFailure } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { wireData } from '../src/wire-data.ts'

const invalid = (message: RegExp): { code: string, retry: boolean, message: RegExp } => ({ code: 'invalid-data', retry: false, message })

test('a subscribe is read field by field', (t) => {
  t.same(wireData.subscribe({ topic: 'a' }), { topic: 'a' })
  t.same(wireData.subscribe({ topic: 'a:*', latest: true, delta: false, other: 1, since: { epoch: 'e', offset: 0, connection: 'c', more: 1 } }),
    { topic: 'a:*', latest: true, delta: false, since: { epoch: 'e', offset: 0, connection: 'c' } })
  t.same(wireData.subscribe({ topic: 'a', since: { epoch: 'e', offset: 7 } }), { topic: 'a', since: { epoch: 'e', offset: 7 } })
  t.end()
})

for (const [name, data, message] of [
  ['no data', undefined, /topic/],
  ['a topic that is none', { topic: 'a b' }, /expected topic to be 1-255 bytes, up to 8 levels of letters/],
  ['a reserved topic', { topic: '$a' }, /topic/],
  ['since without an epoch', { topic: 'a', since: { offset: 1 } }, /since.epoch/],
  ['an endless epoch', { topic: 'a', since: { epoch: 'e'.repeat(129), offset: 1 } }, /since.epoch/],
  ['a negative offset', { topic: 'a', since: { epoch: 'e', offset: -1 } }, /since.offset/],
  ['an offset in words', { topic: 'a', since: { epoch: 'e', offset: '1' } }, /since.offset/],
  ['a connection that is no id', { topic: 'a', since: { epoch: 'e', offset: 1, connection: '' } }, /since.connection/],
  ['a flag that is none', { topic: 'a', latest: 1 }, /latest/]
] as const) {
  test(`a subscribe with ${name} is refused`, (t) => {
    t.throws(() => wireData.subscribe(data), invalid(message))
    t.end()
  })
}

test('a publish is read field by field', (t) => {
  t.same(wireData.publish({ topic: 'a', event: 'e', data: 1 }), { topic: 'a', event: 'e', data: 1 })
  t.same(wireData.publish({ topic: 'a', event: 'e', data: 1, id: 'i' }), { topic: 'a', event: 'e', data: 1, id: 'i' })
  t.throws(() => wireData.publish({ topic: 'a:*', event: 'e' }), invalid(/topic/))
  t.throws(() => wireData.publish({ topic: 'a' }), invalid(/event/))
  t.throws(() => wireData.publish({ topic: 'a', event: '' }), invalid(/event/))
  t.throws(() => wireData.publish({ topic: 'a', event: 'é'.repeat(65) }), invalid(/event/))
  t.throws(() => wireData.publish({ topic: 'a', event: 'e', id: 'i'.repeat(65) }), invalid(/id/))
  t.end()
})

test('a history read is read field by field', (t) => {
  const position = { epoch: 'e', offset: 1 }
  t.same(wireData.history({ topic: 'a' }, 9), { topic: 'a' })
  t.same(wireData.history({ topic: 'a', since: position, limit: 9 }, 9), { topic: 'a', since: position, limit: 9 })
  t.same(wireData.history({ topic: 'a', before: position }, 9), { topic: 'a', before: position })
  t.throws(() => wireData.history({ topic: 'a', limit: 10 }, 9), invalid(/limit to be a whole number from 1 to 9/))
  t.throws(() => wireData.history({ topic: 'a', before: 1 }, 9), invalid(/before.epoch/))
  t.end()
})

test('a topic to unsubscribe from may be a pattern, and a token is whatever came', (t) => {
  t.equal(wireData.topic({ topic: 'a:*' }), 'a:*')
  t.throws(() => wireData.topic({ topic: 1 }), invalid(/topic/))
  t.equal(wireData.token({ token: 5 }), 5)
  t.equal(wireData.token(null), undefined)
  t.end()
})

test('whatever comes is read or refused', (t) => {
  const anything = fc.oneof(fc.anything(), fc.record({ topic: fc.constantFrom('a', 'a:*'), since: fc.anything(), before: fc.anything(), limit: fc.anything(), event: fc.anything(), id: fc.anything() }))
  fc.assert(fc.property(anything, fc.constantFrom('topic', 'subscribe', 'publish', 'history'), (data, kind) => {
    try {
      wireData[kind as 'history'](data, 300)
      return true
    } catch (error) {
      return isMessageFailure(error) && error.code === 'invalid-data'
    }
  }))
  t.end()
})
