import { deflateRawSync } from 'node:zlib'
import { connectAndGreet, hostileFrame, rawClient, within } from '@fastify-realtime/testing'
import type { HostileFrame, RawClient } from '@fastify-realtime/testing'
import t from 'tap'
import { serve } from './harness.ts'
import type { Served } from './harness.ts'

const deflating = { headers: { 'sec-websocket-extensions': 'permessage-deflate' } }
const message = '{"type":"echo","id":"1"}'
const bomb = deflateRawSync(Buffer.alloc(50_000_000), { finishFlush: 2 }).subarray(0, -4)
const close = (code: number, reason: string | Buffer = ''): HostileFrame => {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason as string)])
  payload.writeUInt16BE(code)
  return { opcode: 8, payload }
}
const fragments = (count: number): HostileFrame[] => Array.from({ length: count }, (_, at) => ({ opcode: at === 0 ? 1 : 0, fin: at === count - 1, payload: 'x' }))

/** What is sent, and the close code it must earn; `null` is a socket that ends without a close frame. */
const cases: Array<[name: string, frames: HostileFrame[], code: number | null]> = [
  ['an unmasked frame', [{ mask: false, payload: message }], 1002],
  ['reserved bit 1', [{ rsv: 4, payload: message }], 1002],
  ['reserved bit 2', [{ rsv: 2, payload: message }], 1002],
  ['reserved bit 3', [{ rsv: 1, payload: message }], 1002],
  ['all reserved bits', [{ rsv: 7, payload: message }], 1002],
  ['a reserved bit on a ping', [{ rsv: 4, opcode: 9 }], 1002],
  ['a reserved bit on a continuation', [{ fin: false, payload: 'x' }, { rsv: 4, opcode: 0 }], 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, HostileFrame[], number] => [`opcode ${opcode}`, [{ opcode }], 1002]),
  ['a continuation of nothing', [{ opcode: 0, payload: 'x' }], 1002],
  ['a message within a message', [{ fin: false, payload: 'x' }, { payload: 'x' }], 1002],
  ['a binary message within a message', [{ fin: false, payload: 'x' }, { opcode: 2, fin: false, payload: 'x' }], 1002],
  ['a continuation after the last one', [{ payload: message }, { opcode: 0 }], 1002],
  ...[8, 9, 10].map((opcode): [string, HostileFrame[], number] => [`a fragmented control frame ${opcode}`, [{ opcode, fin: false }], 1002]),
  ...[16, 64].map((lengthField): [string, HostileFrame[], number] => [`a ping with its length in ${lengthField} bits`, [{ opcode: 9, lengthField: lengthField as 16 }], 1002]),
  ['a ping of 126 bytes', [{ opcode: 9, payload: 'x'.repeat(126) }], 1002],
  ['a close of 126 bytes', [{ opcode: 8, payload: 'x'.repeat(126) }], 1002],
  ['a close of one byte', [{ opcode: 8, payload: 'x' }], 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, HostileFrame[], number] => [`close code ${code}`, [close(code)], 1002]),
  ['a close reason that is no UTF-8', [close(1000, Buffer.of(0xff))], 1007],
  ['a text that is no UTF-8', [{ payload: Buffer.of(0xc3, 0x28) }], 1007],
  ['a text that is cut within a character', [{ fin: false, payload: Buffer.of(0xe2, 0x82) }, { opcode: 0 }], 1007],
  ['bad UTF-8 across fragments', [{ fin: false, payload: Buffer.of(0xe2, 0x82) }, { opcode: 0, payload: Buffer.of(0x28) }], 1007],
  ['a surrogate as UTF-8', [{ payload: Buffer.of(0xed, 0xa0, 0x80) }], 1007],
  ['overlong UTF-8', [{ payload: Buffer.of(0xc0, 0xaf) }], 1007],
  ['UTF-8 beyond Unicode', [{ payload: Buffer.of(0xf4, 0x90, 0x80, 0x80) }], 1007],
  ['a length beyond the limit', [{ length: 65_537, payload: '' }], 1009],
  ['a huge length', [{ length: 2n ** 53n }], 1009],
  ['a negative length', [{ length: -1n, lengthField: 64 }], 1009],
  ['fragments that add up', [{ fin: false, payload: 'x'.repeat(40_000) }, { opcode: 0, payload: 'x'.repeat(40_000) }], 1009],
  ['too many fragments', fragments(200), 1008],
  ['a binary frame on a text codec', [{ opcode: 2, payload: message }], 4500],
  ['2,000 pings', Array.from({ length: 2_000 }, () => ({ opcode: 9, payload: 'x'.repeat(100) })), 4003],
  ['2,000 pongs', Array.from({ length: 2_000 }, () => ({ opcode: 10 })), 4003],
  ['2,000 empty messages', Array.from({ length: 2_000 }, () => ({})), 4504],
  ...[1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999].map((code): [string, HostileFrame[], number] => [`a good close ${code}`, [close(code, 'bye')], code]),
  ['a close within a message', [{ fin: false, payload: 'x' }, close(1000)], 1000],
  ['an empty close', [{ opcode: 8 }], 1005]
]

async function neighbour ({ url }: Served): Promise<() => Promise<unknown>> {
  const client = await connectAndGreet(url)
  let count = 0
  return async () => await client.request('echo', ++count)
}

async function greeted (url: string, options: Parameters<typeof rawClient>[1] = {}): Promise<RawClient> {
  const client = await rawClient(url, options)
  await client.next()
  return client
}

t.test('whatever comes, the right code answers it in time, and the connection beside it notices nothing', async (t) => {
  const served = await serve(t, { messageRate: false, byteRate: false })
  const ask = await neighbour(served)
  for (const [name, frames, code] of cases) {
    const client = await greeted(served.url)
    client.write(Buffer.concat(frames.map(hostileFrame)))
    const end = await within(client.closed(), 2_000, name)
    t.equal(end?.code ?? null, code, name)
    client.destroy()
    await ask()
  }
  t.equal(served.pool.size, 1)
})

t.test('a frame byte by byte is a frame, and one that never ends harms nobody', async (t) => {
  const served = await serve(t, { maxBufferedChunks: 20 })
  const ask = await neighbour(served)
  const client = await greeted(served.url)
  for (const byte of hostileFrame({ payload: message })) {
    client.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  t.match((await within(client.next(), 2_000, 'a reply')).payload.toString(), '"reply"')
  const never = await greeted(served.url)
  const bytes = hostileFrame({ payload: 'x'.repeat(1_000) })
  for (let at = 0; at < 200 && !never.socket.destroyed; at++) {
    never.write(bytes.subarray(at, at + 1))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  t.equal((await within(never.closed(), 2_000, 'too many chunks'))?.code, 1008)
  await ask()
})

t.test('any length field that holds the length is understood', async (t) => {
  const { url } = await serve(t)
  for (const lengthField of [16, 64] as const) {
    const client = await greeted(url)
    client.send({ payload: message, lengthField })
    t.match((await client.next()).payload.toString(), '"reply"')
    client.destroy()
  }
})

t.test('a compression bomb is not unpacked', async (t) => {
  const served = await serve(t, { compression: {} })
  const ask = await neighbour(served)
  const before = process.memoryUsage().rss
  for (const payload of [bomb, Buffer.from('not deflate at all')]) {
    const client = await greeted(served.url, deflating)
    client.send({ rsv: 4, payload })
    t.equal((await within(client.closed(), 2_000, 'the end of the bomb'))?.code, payload === bomb ? 1009 : 1007)
    client.destroy()
  }
  const spread = await greeted(served.url, deflating)
  spread.send({ rsv: 4, fin: false, payload: bomb.subarray(0, 30_000) })
  spread.send({ opcode: 0, payload: bomb.subarray(30_000) })
  t.equal((await within(spread.closed(), 2_000, 'the end of the bomb'))?.code, 1009)
  t.ok(process.memoryUsage().rss - before < 60_000_000)
  await ask()
})

t.test('control: with the limits off the same frames pass', async (t) => {
  const { url } = await serve(t, { maxPayload: 200_000, maxFragments: 1_000, pingRate: false, maxErrors: false })
  const passes = async (frames: HostileFrame[]): Promise<void> => {
    const client = await greeted(url)
    client.write(Buffer.concat([...frames, { payload: message }].map((frame) => hostileFrame(frame))))
    for (;;) {
      const { payload, opcode } = await client.next()
      t.not(opcode, 8)
      if (payload.includes('"reply"')) return client.destroy()
    }
  }
  await passes(fragments(200))
  await passes([{ fin: false, payload: 'x'.repeat(40_000) }, { opcode: 0, payload: 'x'.repeat(40_000) }])
  await passes(Array.from({ length: 50 }, () => ({ opcode: 9 })))
  await passes(Array.from({ length: 50 }, () => ({})))
})

t.test('a peer that resets, or hangs up without a close, is forgotten', async (t) => {
  const served = await serve(t)
  const ask = await neighbour(served)
  const reset = await greeted(served.url)
  reset.socket.resetAndDestroy()
  const half = await greeted(served.url)
  half.socket.end()
  await within(half.closed(), 2_000, 'the end')
  const cut = await greeted(served.url)
  cut.write(hostileFrame({ payload: message }).subarray(0, 5))
  cut.socket.end()
  await within(cut.closed(), 2_000, 'the end')
  await ask()
  t.equal(served.pool.size, 1)
})
