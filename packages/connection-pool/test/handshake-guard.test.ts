import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { fakeClock } from '@fastify-realtime/testing'
import t from 'tap'
import { HandshakeGuard } from '../src/handshake-guard.ts'
import { echo, serve } from './harness.ts'

function guarded () {
  const clock = fakeClock()
  const told: string[] = []
  const guard = new HandshakeGuard(clock, 100, { failed: () => told.push('failed'), timedOut: () => told.push('timed out') })
  const raw = {} as IncomingMessage
  const socket = new PassThrough()
  return { clock, told, guard, raw, socket }
}

t.test('an upgrade that nobody answers is ended in time', async (t) => {
  const { clock, told, guard, raw, socket } = guarded()
  guard.watch(raw, socket, () => {})
  t.equal(guard.size, 1)
  clock.advance(100)
  t.ok(socket.destroyed)
  await new Promise((resolve) => socket.once('close', resolve))
  t.same(told, ['timed out', 'failed'])
  t.equal(guard.size, 0)
  t.equal(clock.pending, 0)
})

t.test('a peer that does not take the answer is ended soon after it', async (t) => {
  const { clock, guard, raw, socket } = guarded()
  const response = { headersSent: false, writableFinished: false, once: () => {}, writeHead: () => {}, end: () => {} }
  guard.watch(raw, Object.assign(socket, { _httpMessage: response as never }), () => {})
  clock.advance(100)
  t.notOk(socket.destroyed)
  clock.advance(1_000)
  t.ok(socket.destroyed)
})

t.test('what is settled is watched no more', async (t) => {
  const { clock, told, guard, raw, socket } = guarded()
  guard.watch(raw, Object.assign(socket, { _httpMessage: null }), () => {})
  t.equal(guard.of(raw)?.socket, socket)
  t.ok(guard.settle(raw))
  t.equal(guard.settle(raw), undefined)
  t.equal(clock.pending, 0)
  socket.destroy()
  await new Promise((resolve) => socket.once('close', resolve))
  t.same(told, [])
})

t.test('what is settled while its socket closes has not failed', async (t) => {
  const { told, guard, raw, socket } = guarded()
  socket.once('close', () => { guard.settle(raw) })
  guard.watch(raw, socket, () => {})
  socket.destroy()
  await new Promise((resolve) => socket.once('close', resolve))
  t.same(told, [])
  t.equal(guard.size, 0)
})

t.test('upgrades that somebody makes past the pool have its limits, and are none of its connections', async (t) => {
  const { app, pool } = await serve(t, { maxPayload: 1_234 }, { routes: echo })
  const { websocketServer: server } = app
  t.ok(server.shouldHandle({} as never))
  t.equal(server.options.maxPayload, 1_234)
  t.equal(server.options.handleProtocols?.(new Set(['a']), {} as never), false)
  server.emit('connection', {} as never, {} as never)
  t.equal(pool.size, 0)
})
