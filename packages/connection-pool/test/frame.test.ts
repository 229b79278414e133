import { FrameReader } from '@fastify-realtime/testing'
import fc from 'fast-check'
import { inflateRawSync } from 'node:zlib'
import t from 'tap'
import { Compressor } from '../src/compressor.ts'
import { FinishedFrame } from '../src/frame.ts'

const compressor = new Compressor({ threshold: 100, offTurn: 10_000, level: 3 })
const never = { resume: () => { throw new Error('not expected') } }

function only (bytes: Buffer) {
  const frames = new FrameReader().read(bytes)
  if (frames.length !== 1 || frames[0] === undefined) throw new Error(`${frames.length} frames`)
  return frames[0]
}

t.test('any payload makes one final, unmasked frame that reads back', async () => {
  const payload = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }))
  fc.assert(fc.property(payload, fc.constantFrom(1, 50, 700), (piece, times) => {
    const content = typeof piece === 'string' ? piece.repeat(times) : Buffer.concat(Array<Uint8Array>(times).fill(piece))
    const frame = new FinishedFrame(content)
    const read = only(frame.plain.bytes)
    return read.fin && !read.masked && read.rsv === 0 && read.opcode === (typeof content === 'string' ? 1 : 2) &&
      read.payload.equals(Buffer.from(content as string)) && frame.size === frame.plain.bytes.length
  }), { numRuns: 200 })
})

t.test('a compressed form is made once and reads back', async (t) => {
  const text = 'a word '.repeat(100)
  const frame = new FinishedFrame(text)
  const deflated = frame.deflated(compressor, never)
  t.equal(frame.deflated(compressor, never), deflated)
  const { rsv, payload } = only(deflated?.bytes as Buffer)
  t.equal(rsv, 4)
  t.ok(payload.length < 50)
  t.equal(inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]), { finishFlush: 2 }).toString(), text)
})

t.test('what is small, or grows, travels as it is', async (t) => {
  const small = new FinishedFrame('a'.repeat(99))
  t.equal(small.deflated(compressor, never), small.plain)
  const noise = new FinishedFrame(Uint8Array.from({ length: 500 }, (_, at) => (at * 7919 + at * at * 31) % 251))
  const bytes = noise.deflated(compressor, never)
  t.ok(bytes === noise.plain || (bytes?.size as number) < noise.size)
  const { randomBytes } = await import('node:crypto')
  const random = new FinishedFrame(randomBytes(500))
  t.equal(random.deflated(compressor, never), random.plain)
})

t.test('a large one is compressed off the turn, and everybody who waits is told', async (t) => {
  const frame = new FinishedFrame('large '.repeat(5_000))
  let told = 0
  await new Promise<void>((resolve) => {
    const waiter = { resume: () => { if (++told === 2) resolve() } }
    t.equal(frame.deflated(compressor, waiter), undefined)
    t.equal(frame.deflated(compressor, waiter), undefined)
  })
  t.equal(only(frame.deflated(compressor, never)?.bytes as Buffer).rsv, 4)
})

t.test('when zlib fails the frame travels as it is', async (t) => {
  const broken = new Compressor({ threshold: 1, offTurn: 2, level: 3 }, ((_payload: unknown, _options: unknown, done: (error: Error) => void) => done(new Error('no memory'))) as never)
  const frame = new FinishedFrame('x'.repeat(100))
  let told = 0
  frame.deflated(broken, { resume: () => { told++ } })
  t.equal(told, 1)
  t.equal(frame.deflated(broken, never), frame.plain)
})
