import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { once } from '@fastify-realtime/testing'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { connectionPool } from '../src/index.ts'
import { pause } from './harness.ts'

const upgrade = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** What the traps under us do on their own: if one of these controls fails, a defence of ours has become needless. */
async function apps (t: { teardown: (handler: () => unknown) => void }) {
  const listening: Array<{ app: FastifyInstance, port: number, pooled: boolean }> = []
  for (const pooled of [false, true]) {
    const app = Fastify({ connectionTimeout: 10_000 })
    await app.register(pooled ? connectionPool : websocket as never)
    app.get('/plain', () => 'hello')
    app.get('/ws', { websocket: true }, () => {})
    app.get('/kept', { websocket: true }, pooled ? app.connectionPool.accept : () => {})
    const sockets = new Set<Socket>()
    app.server.on('connection', (socket: Socket) => { sockets.add(socket) })
    await app.listen({ port: 0, host: '127.0.0.1' })
    t.teardown(() => {
      // Otherwise the leaked one keeps the app from closing, which is the trap.
      for (const socket of sockets) socket.destroy()
      return app.close()
    })
    listening.push({ app, port: (app.server.address() as { port: number }).port, pooled })
  }
  return listening
}

const socketsOf = (app: FastifyInstance): Promise<number> => new Promise((resolve) => { app.server.getConnections((_error, count) => resolve(count)) })

t.test('a malformed URL in an upgrade leaks its socket, unless it is guarded', async (t) => {
  for (const { app, port, pooled } of await apps(t)) {
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(`GET /%zz HTTP/1.1\r\n${upgrade}`)
    await once(socket, 'data')
    socket.end()
    await pause(50)
    t.equal(await socketsOf(app), pooled ? 0 : 1)
    socket.destroy()
  }
})

t.test('an upgrade of a plain route gets a 101, unless it is refused', async (t) => {
  for (const { port, pooled } of await apps(t)) {
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(`GET /plain HTTP/1.1\r\n${upgrade}`)
    const [answer] = await once<[Buffer]>(socket, 'data')
    t.match(String(answer), pooled ? /^HTTP\/1.1 404/ : /^HTTP\/1.1 101/)
    socket.destroy()
  }
})

t.test('the first subprotocol is echoed, a token too, unless it is selected with care', async (t) => {
  for (const { port, pooled } of await apps(t)) {
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(`GET /ws HTTP/1.1\r\nSec-WebSocket-Protocol: bearer.c2VjcmV0, chat\r\n${upgrade}`)
    const [answer] = await once<[Buffer]>(socket, 'data')
    t.match(String(answer), pooled ? /Protocol: chat/ : /Protocol: bearer.c2VjcmV0/)
    socket.destroy()
  }
})

t.test('h2c is refused, unless it is handed back', async (t) => {
  for (const { port, pooled } of await apps(t)) {
    const socket = connectSocket(port, '127.0.0.1')
    socket.write('GET /plain HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    const [answer] = await once<[Buffer]>(socket, 'data')
    t.match(String(answer), pooled ? /^HTTP\/1.1 200/ : /^HTTP\/1.1 400/)
    socket.destroy()
  }
})

t.test('an idle connection keeps its request and reply in memory, unless they are let go', async (t) => {
  for (const { app, port, pooled } of await apps(t)) {
    const opened = once<[EventEmitter, IncomingMessage]>(app.websocketServer, 'connection')
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(`GET /kept HTTP/1.1\r\n${upgrade}`)
    const [ws, raw] = await opened
    await pause(10)
    const { _httpMessage: response } = raw.socket as unknown as { _httpMessage: object | null }
    t.same([response !== null, ws.listenerCount('error') > 0], pooled ? [false, false] : [true, true])
    socket.destroy()
  }
})
