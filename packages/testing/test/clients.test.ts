import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBearerProtocol } from '@fastify-realtime/protocol'
import type { Message } from '@fastify-realtime/protocol'
import { test } from 'tap'
import type { Test } from 'tap'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { connect, connectAndGreet, listen, rawClient } from '../src/index.ts'

const welcome = { type: 'welcome', connection: 'c1', principal: null, heartbeat: null, time: 1, subscriptions: [] }

/** A server that greets, answers `echo` with its data and everything else with a failure. */
async function start (t: Test, onConnection: (socket: WebSocket, protocols: string) => void = greet): Promise<string> {
  const http = createServer((_request, response) => { response.writeHead(404).end('no such page') })
  const sockets = new WebSocketServer({ server: http, path: '/ws', handleProtocols: (offers) => [...offers][0] ?? false })
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => {})
    onConnection(socket, request.headers['sec-websocket-protocol'] ?? '')
  })
  return await listen({
    listen: ({ port, host }) => new Promise((resolve) => {
      http.listen(port, host, () => resolve(`http://${host}:${(http.address() as AddressInfo).port}`))
    }),
    close: () => new Promise((resolve) => {
      for (const socket of sockets.clients) socket.terminate()
      http.close(resolve)
    })
  }, t)
}

function greet (socket: WebSocket): void {
  socket.send(JSON.stringify(welcome))
  socket.on('message', (text: Buffer) => {
    const { type, id, data } = JSON.parse(text.toString()) as Message
    if (type === 'echo') socket.send(JSON.stringify({ type: 'reply', id, data }))
    else if (type === 'bytes') socket.send(Buffer.from(JSON.stringify({ type: 'reply', id, data })))
    else if (type === 'leave') socket.close(4000, 'bye')
    else socket.send(JSON.stringify({ type: 'failure', id, code: 'unknown-type', message: 'what?', retry: false }))
  })
}

test('a client is greeted, asks and is answered', async (t) => {
  const client = await connectAndGreet(await start(t))
  t.same(client.welcome, welcome)
  t.equal(client.waiting('welcome'), 0)
  t.same(await client.request('echo', { a: 1 }), { a: 1 })
  await t.rejects(client.request('nonsense'), { code: 'unknown-type', retry: false })
  t.same(await client.close(), { code: 1000, reason: '' })
})

test('envelopes of other types wait until they are asked for', async (t) => {
  const client = await connect(await start(t))
  client.send({ type: 'echo', id: 'mine', data: 5 })
  t.same(await client.next('reply'), { type: 'reply', id: 'mine', data: 5 })
  t.equal(client.waiting('welcome'), 1)
  await client.close(1000, 'done')
})

test('waiting for an envelope ends with the connection', async (t) => {
  const client = await connectAndGreet(await start(t))
  const waiting = t.rejects(client.next('publication'), { message: 'Expected an envelope of type publication, and the connection closed.' })
  client.send({ type: 'leave' })
  t.same(await client.closed, { code: 4000, reason: 'bye' })
  await waiting
})

test('a token travels as a bearer subprotocol behind the codec', async (t) => {
  const offers: string[] = []
  const url = await start(t, (_socket, protocols) => offers.push(...protocols.split(',')))
  const client = await connect(url, { token: 'secret' })
  t.equal(client.socket.protocol, 'realtime.v1.json')
  t.equal(readBearerProtocol(offers[1] as string), 'secret')
  await client.close()
})

test('binary frames go to the codec as bytes', async (t) => {
  const seen: unknown[] = []
  const codec = {
    subprotocol: 'own',
    binary: true,
    encode: JSON.stringify,
    encodePublication: () => '',
    encodeReply: () => '',
    decode (frame: string | Uint8Array) {
      seen.push(typeof frame)
      return JSON.parse(frame.toString()) as unknown
    }
  }
  const client = await connectAndGreet(await start(t), { codec, protocols: ['other'], ws: {} })
  t.equal(client.socket.protocol, 'other')
  t.equal(await client.request('bytes', 1), 1)
  t.same(seen, ['string', 'object'])
  await client.close()
})

test('a refused upgrade rejects', async (t) => {
  await t.rejects(connect(await start(t), { path: '/other' }), { message: /400/ })
})

test('a raw client sees frames and the close frame', async (t) => {
  const client = await rawClient(await start(t))
  t.equal(client.status, 101)
  t.match(client.head, /Upgrade: websocket/i)
  t.same(JSON.parse((await client.next()).payload.toString()), welcome)
  client.send({ payload: '{"type":"echo","id":"1"}' })
  t.match((await client.next()).payload.toString(), /reply/)
  client.send({ rsv: 7 })
  t.match(await client.closed(), { code: 1002 })
  client.destroy()
})

test('a raw client sees an empty close frame as 1005 and an end without one as null', async (t) => {
  const url = await start(t, (socket) => {
    socket.on('message', (text: Buffer) => text.length === 0 ? socket.close() : socket.terminate())
  })
  const polite = await rawClient(url)
  polite.send({})
  t.same(await polite.closed(), { code: 1005, reason: '' })
  polite.destroy()
  const rude = await rawClient(url)
  rude.send({ payload: 'x' })
  t.equal(await rude.closed(), null)
})

test('a raw client sees how an upgrade is refused', async (t) => {
  const url = await start(t)
  const client = await rawClient(url, { path: '/other', headers: { upgrade: undefined, connection: 'close' } })
  t.equal(client.status, 404)
  t.equal(await client.closed(), null)
  t.match(client.head, /no such page/)
})

test('a raw client that gets no answer at all has status 0', async (t) => {
  const { createServer } = await import('node:net')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => server.close())
  const client = await rawClient(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.equal(client.status, 0)
})

test('a raw client may write what it likes', async (t) => {
  const client = await rawClient(await start(t))
  client.write('\u0000\u0000\u0000')
  t.match(await client.closed(), { code: 1002 })
})
