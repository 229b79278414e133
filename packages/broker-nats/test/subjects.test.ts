import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Subjects, token } from '../src/subjects.ts'

const subjects = new Subjects('p')

void t.test('any text becomes one token, and no two texts the same', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 20 })
  fc.assert(fc.property(text, text, (a, b) => {
    assert.match(token(a), /^[\w~@+%$=-]+$/)
    assert.equal(token(a) === token(b), Buffer.from(a).equals(Buffer.from(b)))
  }), { numRuns: 2_000 })
  t.same(['', 'a.b', '*', '>', ' ', '=', 'ü'].map(token), ['=', 'a=2Eb', '=2A', '=3E', '=20', '=3D', '=C3=BC'])
})

void t.test('a level of a topic is a token, and a pattern is a wildcard', async (t) => {
  t.equal(subjects.history('c', 'room:a.b'), 'p.h.n.c.room.a=2Eb')
  t.equal(subjects.live('c', 'room:1', true), 'p.l.v.c.room.1')
  t.equal(subjects.live('c', 'room:1', false), 'p.l.n.c.room.1')
  t.equal(subjects.deliver('c', 'room:1'), 'p.d.*.c.room.1')
  t.equal(subjects.deliver('c', 'price:eur:*'), 'p.d.*.c.price.eur.*')
  t.equal(subjects.deliver('c', '*'), 'p.d.*.c.*')
})

void t.test('whole levels of a prefix narrow what is listed', async (t) => {
  t.same(['', 'a', 'a:', 'a:b', 'a::'].map((prefix) => subjects.records(prefix)), ['p.r.>', 'p.r.>', 'p.r.a.>', 'p.r.a.>', 'p.r.a.=.>'])
  t.equal(subjects.record('a::b*'), 'p.r.a.=.b=2A')
})
