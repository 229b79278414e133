import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from '@fastify-realtime/testing'
import { test } from 'tap'
import type { Test } from 'tap'
import { WebSocket as WsWebSocket } from 'ws'
import { connect } from '../src/index.ts'
import type { ClientState, RealtimeClient, WebSocketConstructor } from '../src/index.ts'
import { bundleSize } from './bundle-size.mjs'
import { accept, hostileServer, textFrame, welcomeFrame } from './hostile-server.ts'
import type { Behaviour } from './hostile-server.ts'

const platforms: Array<[string, WebSocketConstructor]> = [['ws', WsWebSocket]]
const native = (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
if (native !== undefined) platforms.push(['the platform', native])

const json = (envelope: unknown): Buffer => textFrame(JSON.stringify(envelope))
const afterWelcome = (...frames: ReadonlyArray<string | Buffer>): Behaviour => (socket, request) => {
  socket.write(accept(request))
  socket.write(welcomeFrame)
  for (const frame of frames) socket.write(frame)
}

/** Each of these makes an attempt fail, or ends the connection; the client tries on. */
const behaviours: Record<string, Behaviour> = {
  'closes at once': (socket) => socket.destroy(),
  'answers garbage': (socket) => socket.end('\u0000\u0001 garbage \r\n\r\n'),
  'is no WebSocket server': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'refuses with 503': (socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'),
  'computes a wrong accept key': (socket, request) => socket.write(accept(request).replace(/Accept: .*/, 'Accept: d3JvbmcgYWNjZXB0IGtleQ==')),
  'selects a protocol that nobody offered': (socket, request) => socket.write(accept(request).replace('realtime.v1.json', 'other')),
  'answers half a response': (socket, request) => socket.write(accept(request).slice(0, 40)),
  'says nothing': () => {},
  'accepts and says nothing': (socket, request) => socket.write(accept(request)),
  'accepts and sends half a frame': (socket, request) => socket.write(Buffer.concat([Buffer.from(accept(request)), Buffer.from([0x81, 100, 0x7b])])),
  'announces 2^63 bytes': afterWelcome(Buffer.from([0x81, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255])),
  'announces a negative length': afterWelcome(Buffer.from([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255])),
  'sets reserved bits': afterWelcome(Buffer.from([0xf1, 1, 0x7b])),
  'sends an unknown opcode': afterWelcome(Buffer.from([0x83, 0])),
  'sends bad UTF-8': afterWelcome(Buffer.from([0x81, 2, 0xc3, 0x28])),
  'sends a control frame of 126 bytes': afterWelcome(Buffer.from([0x89, 126, 0, 126])),
  'sends what is not JSON': afterWelcome(textFrame('{nope')),
  'sends binary for text': afterWelcome(Buffer.from([0x82, 2, 1, 2])),
  'welcomes and hangs up': (socket, request) => { socket.write(accept(request)); socket.end(welcomeFrame) },
  'welcomes with nonsense': (socket, request) => { socket.write(accept(request)); socket.write(json({ type: 'welcome', connection: {}, principal: 7, heartbeat: 'x', subscriptions: 7 })) },
  'answers a subscribe with nonsense': afterWelcome(json({ type: 'reply', id: '1', data: { publications: 7 } })),
  'promises life and goes silent': (socket, request) => {
    socket.write(accept(request))
    socket.write(json({ type: 'welcome', connection: 'c', principal: null, heartbeat: 20, subscriptions: [] }))
  }
}

function client (url: string, WebSocket: WebSocketConstructor): { client: RealtimeClient, states: ClientState[] } {
  const states: ClientState[] = []
  const made = connect(url, { WebSocket, minDelay: 5, maxDelay: 20, connectTimeout: 250, heartbeatTimeout: 50 })
  made.on('error', () => {})
  made.on('state', (state) => states.push(state))
  made.subscribe('room:1')
  return { client: made, states }
}

async function endsInTime (t: Test, made: RealtimeClient): Promise<void> {
  const start = performance.now()
  await made.close()
  t.ok(performance.now() - start < 3_000, 'close ends')
  t.equal(made.state, 'closed')
}

for (const [platform, WebSocket] of platforms) {
  test(`${platform}: no server breaks it or hangs it`, async (t) => {
    await Promise.all(Object.entries(behaviours).map(async ([name, behave]) => {
      const { url, attempts } = await hostileServer(t, behave)
      const { client: made, states } = client(url, WebSocket)
      await until(() => attempts() >= 2, `a second attempt at a server that ${name}`, 15_000)
      t.ok(states.includes('waiting') || states.includes('closed'), name)
      await endsInTime(t, made)
    }))
  })

  test(`${platform}: nobody listens`, async (t) => {
    const { client: made, states } = client('ws://127.0.0.1:1/ws', WebSocket)
    await until(() => states.filter((state) => state === 'waiting').length >= 2)
    await endsInTime(t, made)
  })

  test(`${platform}: a flood leaves nothing behind`, async (t) => {
    const noise = Array.from({ length: 500 }, (_, i) => json([
      { type: 'publication', topic: 'room:1', event: 'e', id: `p${i}`, data: 'x'.repeat(500) },
      { type: 'reply', id: 'nobody' }, { type: 'presence', topic: 'room:9', members: [] }, { type: 'unsubscribed', topic: 'x', code: 'c' },
      { type: 'request', id: `r${i}`, name: 'nobody' }, { type: 'never heard of' }, { type: 'failure', code: 'x' }
    ][i % 7]))
    const burst = Buffer.concat(noise)
    let sent = 0
    const { url } = await hostileServer(t, (socket, request) => {
      socket.write(accept(request))
      socket.write(welcomeFrame)
      socket.write(json({ type: 'reply', id: '1', data: {} }))
      const pump = (): void => {
        while (sent < 200 && socket.write(burst)) sent++
        if (sent < 200) socket.once('drain', pump)
      }
      pump()
    })
    const { client: made } = client(url, WebSocket)
    const room = made.subscribe('room:1', { maxWaiting: 10 })
    const loop = room[Symbol.asyncIterator]()
    await made.ready()
    const before = process.memoryUsage().heapUsed
    await until(() => sent >= 200, 'the flood', 20_000)
    await sleep(50)
    t.ok(process.memoryUsage().heapUsed - before < 60e6, 'memory is bounded')
    await t.rejects(loop.next(), { code: 'too-slow' })
    await endsInTime(t, made)
  })
}

const run = promisify(execFile)

/** What a process told that loads the client as a page would, connects, closes, and has nothing left to wait for. */
async function exit (t: Test, url: string, platform: string): Promise<string> {
  const { text } = await bundleSize()
  const bundle = join(t.testdir({ 'client.mjs': text }), 'client.mjs')
  const program = fileURLToPath(new URL('exits.mjs', import.meta.url))
  return (await run(process.execPath, [program, bundle, url, platform], { timeout: 20_000 })).stdout.trim()
}

test('a process ends by itself when its client is closed, also with a mute server', async (t) => {
  const { url } = await hostileServer(t, afterWelcome())
  t.equal(await exit(t, url, 'ws'), 'open closed')
})

test('so it does with the WebSocket of the platform, if the server answers', async (t) => {
  const { url } = await hostileServer(t, (socket, request) => {
    afterWelcome()(socket, request)
    socket.on('data', () => socket.end(Buffer.from([0x88, 0])))
  })
  t.equal(await exit(t, url, native === undefined ? 'ws' : 'platform'), 'open closed')
})
