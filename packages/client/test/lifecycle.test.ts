import { readBearerProtocol } from '@fastify-realtime/protocol'
import { test } from 'tap'
import type { ConnectionLost } from '../src/index.ts'
import { harness, tick } from './harness.ts'

test('it is connecting until the welcome, then open', async (t) => {
  const { client, welcome, events, sockets } = harness()
  t.equal(client.state, 'connecting')
  t.equal(client.welcome, undefined)
  const ready = client.ready()
  const opened: unknown[] = []
  client.on('open', (now) => opened.push(now.connection))
  await tick()
  sockets[0]?.receive({ type: 'publication', topic: 'a', event: 'e' })
  t.equal(client.state, 'connecting', 'anything but the welcome is ignored')
  await welcome({ principal: 'ada' })
  t.equal(client.state, 'open')
  t.equal((await ready).principal, 'ada')
  t.equal(await client.ready(), client.welcome)
  t.same(opened, ['c1'])
  t.same(events, ['open'])
  t.same(sockets[0]?.protocols, ['realtime.v1.json'])
  t.equal(sockets[0]?.url, 'ws://host.example/ws')
  t.equal(sockets[0]?.binaryType, 'arraybuffer')
})

test('a token travels as a subprotocol and is asked for before every attempt', async (t) => {
  let asked = 0
  const refreshes: boolean[] = []
  const { socket, welcome, reconnect, sockets } = await (async () => {
    const made = harness({ token: async ({ refresh }) => { refreshes.push(refresh); return `tökén ${++asked}` } })
    await tick()
    return made
  })()
  t.equal(readBearerProtocol(socket.protocols[1] as string), 'tökén 1')
  t.notMatch(socket.url, 'tök')
  await welcome()
  await reconnect()
  t.equal(readBearerProtocol(sockets[1]?.protocols[1] as string), 'tökén 2')
  t.same(refreshes, [false, false])
})

test('a fixed token, and none', async (t) => {
  for (const [token, protocols] of [['abc', ['realtime.v1.json', 'bearer.YWJj']], [() => null, ['realtime.v1.json']], [() => undefined, ['realtime.v1.json']]] as const) {
    const { sockets } = harness({ token })
    await tick()
    t.same(sockets[0]?.protocols, protocols)
  }
})

test('close code 4004 asks for a fresh token until a welcome comes', async (t) => {
  const refreshes: boolean[] = []
  const made = harness({ token: ({ refresh }) => { refreshes.push(refresh); return 'token' } })
  await made.welcome()
  made.socket.drop(4004, 'credential expired')
  made.clock.advance(500)
  await tick()
  made.socket.drop(1006)
  made.clock.advance(1_000)
  await made.welcome()
  await made.reconnect()
  t.same(refreshes, [false, true, true, false])
})

test('a token that cannot be had is an attempt that failed', async (t) => {
  let fails = true
  const made = harness({ token: async () => { if (fails) throw new Error('no token today'); return 'token' } })
  const lost: ConnectionLost[] = []
  made.client.on('close', (now) => lost.push(now))
  await tick()
  t.match(made.errors, [{ message: 'no token today' }])
  t.same(lost, [{ code: 4000, reason: 'Error: no token today', retryIn: 250, wanted: false }])
  t.equal(made.sockets.length, 0)
  fails = false
  made.clock.advance(250)
  await made.welcome()
  t.equal(made.client.state, 'open')
})

test('an upgrade that is refused is not tried again with the same credential', async (t) => {
  for (const status of [400, 401, 403, 404]) {
    const reason = `Unexpected server response: ${status}`
    const made = harness({ token: 'ada' })
    const lost: ConnectionLost[] = []
    made.client.on('close', (now) => lost.push(now))
    const ready = made.client.ready()
    const request = made.client.request('echo', 1)
    await tick()
    made.socket.drop(1006, '', reason)
    t.equal(made.client.state, 'waiting')
    made.clock.advance(250)
    await t.rejects(ready, { code: 'closed', message: `Closed: ${reason}`, details: { code: 1006, reason } })
    await t.rejects(request, { code: 'closed' })
    t.equal(made.sockets.length, 1, 'no second attempt')
    t.same(lost.map(({ retryIn, wanted }) => ({ retryIn, wanted })), [{ retryIn: 250, wanted: false }, { retryIn: undefined, wanted: false }])
  }
})

test('an upgrade that is refused is tried again with another credential, which is asked for anew', async (t) => {
  const refreshes: boolean[] = []
  const made = harness({ token: ({ refresh }) => `token${refreshes.push(refresh)}` })
  await tick()
  made.socket.drop(1006, '', 'Unexpected server response: 401')
  made.clock.advance(250)
  await made.welcome()
  t.equal(made.client.state, 'open')
  t.same(refreshes, [false, true])
})

test('an upgrade that may go better later is tried again', async (t) => {
  for (const error of ['Unexpected server response: 429', 'Unexpected server response: 503', 'Unexpected server response: 408', 'connect ECONNREFUSED', undefined]) {
    const made = harness({ token: 'ada' })
    await tick()
    made.socket.drop(1006, '', error)
    made.clock.advance(250)
    await made.welcome()
    t.equal(made.client.state, 'open', String(error))
  }
})

test('what is thrown need not be an error', async (t) => {
  // oxlint-disable-next-line no-throw-literal -- a token function may do so
  const made = harness({ token: () => { throw 'nothing' } })
  const lost: ConnectionLost[] = []
  made.client.on('close', (now) => lost.push(now))
  await tick()
  t.equal(lost[0]?.reason, 'nothing')
})

test('an attempt that takes too long is given up, and its late token is not used', async (t) => {
  const waiting: Array<(token: string) => void> = []
  const made = harness({ token: () => new Promise<string>((resolve, reject) => { waiting.push(resolve, () => reject(new Error('late'))) }) })
  made.clock.advance(10_000)
  t.equal(made.client.state, 'waiting')
  waiting[0]?.('late')
  await tick()
  t.equal(made.sockets.length, 0)
  made.clock.advance(250)
  made.clock.advance(10_000)
  waiting[3]?.('fails late')
  await tick()
  t.same(made.errors, [], 'nor is its late failure told')
  t.equal(made.sockets.length, 0)
})

test('a server that accepts and says nothing is given up', async (t) => {
  const made = harness()
  await tick()
  made.clock.advance(10_000)
  t.same(made.socket.closed, { code: 4000, reason: '' })
  t.equal(made.client.state, 'waiting')
  made.clock.advance(2_000)
  t.ok(made.sockets[0]?.terminated, 'the socket is not waited for any longer')
})

test('close codes decide whether it comes back', async (t) => {
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 4000, 4005, 4499]) {
    const made = harness()
    const socket = await made.welcome()
    socket.drop(code, 'so it is')
    t.equal(made.client.state, 'waiting', `${code} comes back`)
  }
  for (const code of [1000, 1002, 1003, 1008, 1009, 4500, 4501, 4503, 4999]) {
    const made = harness()
    const socket = await made.welcome()
    const ready = made.client.ready()
    const lost: ConnectionLost[] = []
    made.client.on('close', (now) => lost.push(now))
    socket.drop(code, 'so it is')
    t.equal(made.client.state, 'closed', `${code} stays away`)
    t.same(lost, [{ code, reason: 'so it is', retryIn: undefined, wanted: false }])
    t.equal(made.clock.pending, 0)
    await ready
    await t.rejects(made.client.ready(), { name: 'RealtimeError', code: 'closed' })
    await t.rejects(made.client.request('echo'), { code: 'closed', details: { code } })
  }
})

test('ready waits through as many attempts as it takes', async (t) => {
  const made = harness()
  await tick()
  made.socket.drop()
  const ready = made.client.ready()
  made.retry()
  await made.welcome()
  t.equal((await ready).connection, 'c1')
  t.same(made.events, ['waiting', 'connecting', 'open'])
})

test('a closed client that was never open rejects ready', async (t) => {
  const made = harness()
  const ready = made.client.ready()
  await tick()
  made.socket.drop(4501, 'unauthenticated')
  await t.rejects(ready, { code: 'closed', details: { code: 4501, reason: 'unauthenticated' } })
})

test('the wait doubles up to 20 s, and a connection that holds starts it anew', async (t) => {
  const made = harness()
  const waits: Array<number | undefined> = []
  made.client.on('close', ({ retryIn }) => waits.push(retryIn))
  const attempt = async (): Promise<void> => {
    await tick()
    made.socket.drop(1006)
    made.clock.advance(waits.at(-1) ?? 0)
  }
  for (let i = 0; i < 8; i++) await attempt()
  t.same(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  await made.welcome()
  made.clock.advance(19_999)
  await attempt()
  t.equal(waits.at(-1), 10_000, 'a short one does not')
  await made.welcome()
  made.clock.advance(20_000)
  await attempt()
  t.equal(waits.at(-1), 250)
})

test('the hint of the server comes before the jitter, and nothing overrides it', async (t) => {
  const made = harness()
  const socket = await made.welcome()
  const waits: Array<number | undefined> = []
  made.client.on('close', ({ retryIn }) => waits.push(retryIn))
  socket.drop(1012, 'restarting; retry-after=5000')
  t.same(waits, [5_250])
  made.clock.advance(5_249)
  t.equal(made.client.state, 'waiting')
  made.clock.advance(1)
  t.equal(made.client.state, 'connecting')
})

test('an error that the platform tells becomes the reason', async (t) => {
  const made = harness()
  const lost: ConnectionLost[] = []
  made.client.on('close', (now) => lost.push(now))
  await tick()
  made.socket.drop(1006, '', 'Unexpected server response: 503')
  t.equal(lost[0]?.reason, 'Unexpected server response: 503')
  made.clock.advance(250)
  await tick()
  ;(made.socket.onerror as (event: object) => void)({})
  made.socket.drop(1006)
  t.equal(lost[1]?.reason, '')
})

test('what is not the protocol ends the connection, and another one follows', async (t) => {
  for (const garbage of ['{', 'null', '[]', '"text"', '7', '{"type":"publication"}', '{"type":"reply"}', '{}']) {
    const made = harness()
    const socket = await made.welcome()
    socket.receiveRaw(garbage)
    if (made.client.state === 'waiting') t.equal(made.errors.length, 1)
    else t.equal(made.client.state, 'open', `${garbage} is ignored`)
  }
  const made = harness()
  const socket = await made.welcome()
  socket.receiveRaw('{')
  t.same(socket.closed, { code: 4000, reason: '' })
  t.equal(made.client.state, 'waiting')
  socket.receiveRaw('{')
  t.equal(made.errors.length, 1, 'nothing more comes from it')
})

test('a WebSocket that cannot be made is an attempt that failed', async (t) => {
  class Broken {
    constructor () { throw new SyntaxError('bad protocol') }
  }
  const made = harness({ WebSocket: Broken as never })
  await tick()
  t.match(made.errors, [{ message: 'bad protocol' }])
  t.equal(made.client.state, 'waiting')
})

test('close ends everything and leaves no timer', async (t) => {
  const made = harness()
  const socket = await made.welcome({ heartbeat: 25_000 })
  const lost: ConnectionLost[] = []
  made.client.on('close', (now) => lost.push(now))
  const closing = made.client.close(4_321, 'bye')
  t.equal(made.client.state, 'closed')
  t.same(socket.closed, { code: 4_321, reason: 'bye' })
  t.same(lost, [{ code: 4_321, reason: 'bye', retryIn: undefined, wanted: true }])
  socket.drop(4_321, 'bye')
  await closing
  t.equal(made.clock.pending, 0)
  t.same(made.events, ['open', 'closed'])
  await made.client.close()
  t.same(lost.length, 1)
})

test('close gives a mute peer two seconds', async (t) => {
  const made = harness()
  const socket = await made.welcome()
  const closing = made.client.close()
  t.same(socket.closed, { code: 1000, reason: 'done' })
  made.clock.advance(2_000)
  await closing
  t.ok(socket.terminated)
  t.equal(made.clock.pending, 0)
})

test('close while it connects and while it waits', async (t) => {
  const connecting = harness()
  await connecting.client.close()
  await tick()
  t.equal(connecting.sockets.length, 0)
  t.equal(connecting.clock.pending, 0)
  const waiting = harness()
  await tick()
  waiting.socket.drop()
  await waiting.client.close()
  t.equal(waiting.clock.pending, 0)
})

test('a socket without terminate is let go', async (t) => {
  const made = harness()
  const socket = await made.welcome()
  Object.assign(socket, { terminate: undefined })
  const closing = made.client.close()
  made.clock.advance(2_000)
  await closing
  t.pass()
})

test('expiring asks for a fresh token and sends it', async (t) => {
  const made = harness({ token: ({ refresh }) => refresh ? 'fresh' : 'first' })
  const socket = await made.welcome()
  socket.receive({ type: 'expiring', at: 1 })
  await tick()
  t.match(socket.last, { type: 'auth.refresh', data: { token: 'fresh' } })
  socket.fail(socket.last, 'unauthenticated')
  await tick()
  t.match(made.errors, [{ code: 'unauthenticated' }])
})

test('without a token there is nothing to refresh', async (t) => {
  const made = harness()
  const socket = await made.welcome()
  socket.receive({ type: 'expiring', at: 1 })
  await tick()
  t.same(socket.sent, [])
})
