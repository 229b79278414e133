import { inflateRawSync } from 'node:zlib'
import { connectAndGreet, rawClient } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import t from 'tap'
import { serve } from './harness.ts'

const offer = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' }
const inflate = (payload: Buffer): string => inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]), { finishFlush: 2 }).toString()
const words = { type: 'expiring', at: 1, text: 'a word '.repeat(500) } as never

t.test('is off unless asked for', async (t) => {
  const { url } = await serve(t)
  t.notMatch((await rawClient(url, { headers: offer })).head, /permessage-deflate/)
})

t.test('one frame is compressed once for all who take it, and plain for the rest', async (t) => {
  const { url, pool } = await serve(t, { compression: {} })
  const deflating = await rawClient(url, { headers: offer })
  t.match(deflating.head, /permessage-deflate; server_no_context_takeover; client_no_context_takeover/)
  const narrow = await rawClient(url, { headers: { 'sec-websocket-extensions': 'permessage-deflate; server_max_window_bits=9' } })
  const plain = await rawClient(url)
  const frame = pool.frame(jsonCodec, words)
  for (const client of [deflating, narrow, plain]) await client.next()
  for (const connection of pool) connection.send(frame)
  const compressed = await deflating.next()
  t.equal(compressed.rsv, 4)
  t.ok(compressed.payload.length < 100)
  t.same(JSON.parse(inflate(compressed.payload)), words)
  for (const client of [narrow, plain]) {
    const { rsv, payload } = await client.next()
    t.equal(rsv, 0)
    t.same(JSON.parse(payload.toString()), words)
  }
})

t.test('large frames are compressed off the turn, and nothing overtakes them', async (t) => {
  const { url, pool } = await serve(t, { compression: { offTurn: 2_000 }, maxPayload: 1_000_000 })
  const client = await connectAndGreet(url, { ws: { perMessageDeflate: true } })
  const [connection] = pool
  const texts: number[] = []
  for (let at = 0; at < 30; at++) {
    connection?.sendEnvelope({ type: 'expiring', at, text: at % 3 === 0 ? 'a word '.repeat(5_000) : 'short' } as never)
    if (at % 7 === 0) await new Promise(setImmediate)
  }
  for (let at = 0; at < 30; at++) texts.push((await client.next('expiring')).at)
  t.same(texts, Array.from({ length: 30 }, (_, at) => at))
  t.same(await client.request('echo', 'a word '.repeat(1_000)), 'a word '.repeat(1_000))
})

t.test('a close lets what is being compressed go first', async (t) => {
  const { url, pool } = await serve(t, { compression: { offTurn: 1 } })
  const client = await connectAndGreet(url, { ws: { perMessageDeflate: true } })
  const [connection] = pool
  connection?.sendEnvelope(words)
  connection?.close({ code: 4005, reason: 'again' })
  t.same(await client.next('expiring'), words)
  t.equal((await client.closed).code, 4005)
})

t.test('a frame whose reader is gone is still compressed for nobody', async (t) => {
  const { url, pool } = await serve(t, { compression: { offTurn: 1 } })
  const client = await connectAndGreet(url, { ws: { perMessageDeflate: true } })
  const [connection] = pool
  connection?.sendEnvelope(words)
  connection?.terminate({ code: 4000, reason: '' })
  t.equal((await client.closed).code, 1006)
})
