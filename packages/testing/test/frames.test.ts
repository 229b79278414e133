import { test } from 'tap'
import { FrameReader, hostileFrame } from '../src/index.ts'

test('an unmasked frame is read back as it was made, whatever the length field', (t) => {
  for (const lengthField of [undefined, 16, 64] as const) {
    const [frame] = new FrameReader().read(hostileFrame({ mask: false, rsv: 5, opcode: 2, fin: false, payload: 'hello', ...lengthField && { lengthField } }))
    t.same(frame, { fin: false, rsv: 5, opcode: 2, masked: false, payload: Buffer.from('hello') })
  }
  t.end()
})

test('a frame takes the shortest length field that fits', (t) => {
  for (const [size, header] of [[125, 2], [126, 4], [65_535, 4], [65_536, 10]] as const) {
    t.equal(hostileFrame({ mask: false, payload: new Uint8Array(size) }).length, size + header)
  }
  t.end()
})

test('a masked frame carries its key and the payload under it', (t) => {
  const frame = hostileFrame({ payload: 'abcdef' })
  const key = frame.subarray(2, 6)
  t.equal(frame[1], 0x86)
  t.equal(frame.subarray(6).map((byte, at) => byte ^ (key[at & 3] as number)).toString(), 'abcdef')
  t.equal(new FrameReader().read(frame)[0]?.masked, true)
  t.end()
})

test('the header may claim any length', (t) => {
  t.same(hostileFrame({ mask: false, length: 2n ** 64n - 1n }).subarray(1), Buffer.from([127, 255, 255, 255, 255, 255, 255, 255, 255]))
  t.equal(hostileFrame({ mask: false, length: -1, lengthField: 64 })[2], 255)
  t.same(hostileFrame({ mask: false, length: 100, payload: 'x' }), Buffer.from([0x81, 100, 120]))
  t.end()
})

test('the reader puts frames together that come in single bytes', (t) => {
  const reader = new FrameReader()
  const bytes = Buffer.concat([hostileFrame({ mask: false, payload: 'x'.repeat(200) }), hostileFrame({ mask: false, payload: '' })])
  const frames = [...bytes].flatMap((byte) => reader.read(Buffer.of(byte)))
  t.same(frames.map(({ payload }) => payload.length), [200, 0])
  t.end()
})
