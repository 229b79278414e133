import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'
import { connectAndGreet, once } from '@fastify-realtime/testing'
import { jsonCodec } from '@fastify-realtime/protocol'
import t from 'tap'
import { serve } from './harness.ts'

const read = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const https = { key: read('localhost.key'), cert: read('localhost.crt') }
const ws = { rejectUnauthorized: false }

t.test('over TLS everything is the same: order, sharing, pressure', async (t) => {
  const { pool, url } = await serve(t, {}, { server: { https } as object })
  const clients = await Promise.all([1, 2, 3].map(() => connectAndGreet(url, { ws })))
  for (let at = 0; at < 300; at++) {
    const frame = pool.frame(jsonCodec, { type: 'expiring', at, filler: 'x'.repeat(at * 10) } as never)
    for (const connection of pool) connection.send(frame)
    if (at % 10 === 0) {
      for (const connection of pool) connection.ping()
      await new Promise(setImmediate)
    }
  }
  for (const client of clients) {
    for (let at = 0; at < 300; at++) if ((await client.next('expiring')).at !== at) t.fail('out of order')
    t.equal(await client.request('echo', 1), 1)
  }
  t.equal(pool.pressure, 0)
  t.ok([...pool].every(({ bytesRead }) => bytesRead > 0))
})

t.test('h2c over TLS goes back to the HTTP parser as well', async (t) => {
  const { url } = await serve(t, {}, { server: { https } as object, routes: (app) => app.get('/plain', () => 'hello') })
  const socket = connectTls({ port: Number(new URL(url).port), host: '127.0.0.1', ...ws })
  let answer = ''
  socket.on('data', (chunk) => { answer += String(chunk) })
  socket.write('GET /plain HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n')
  await once(socket, 'close')
  t.match(answer, /200 OK[^]*hello/)
})
