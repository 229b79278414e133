import fc from 'fast-check'
import t from 'tap'
import { Batch } from '../src/batch.ts'

t.test('connections that are sent the same frames share one batch', async (t) => {
  const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]
  const root = new Batch(a)
  t.equal(root.bytes, a, 'a single frame is not copied')
  const both = root.plus(b)
  t.equal(root.plus(b), both)
  t.not(root.plus(c), both)
  t.equal(both.plus(c).bytes.toString(), 'abc')
  t.equal(both.bytes.toString(), 'ab')
  t.equal(both.bytes, both.bytes, 'joined once')
  const heartbeat = new Batch(a)
  const joined = heartbeat.plus(b)
  t.equal(joined.bytes.toString(), 'ab')
  t.not(heartbeat.plus(b), joined, 'a frame that lives on forgets what followed it')
})

t.test('whatever follows whatever, the bytes are those of the frames in order', async () => {
  const frames = ['a', 'bb', 'ccc', 'dddd'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer, Buffer]
  const roots = frames.map((frame) => new Batch(frame))
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 3 }), fc.boolean()), { minLength: 1, maxLength: 12 }), (steps) => {
    const [[first]] = steps as [[number, boolean]]
    let batch = roots[first] as Batch
    let expected = String(frames[first])
    for (const [next, read] of steps.slice(1)) {
      batch = batch.plus(frames[next] as Buffer)
      expected += String(frames[next])
      if (read && batch.bytes.toString() !== expected) return false
    }
    return batch.size === expected.length && batch.bytes.toString() === expected
  }))
})
