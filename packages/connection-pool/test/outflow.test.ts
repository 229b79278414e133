import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { until } from '@fastify-realtime/testing'
import type { Teardown } from '@fastify-realtime/testing'
import { Batch } from '../src/batch.ts'
import { Flusher } from '../src/flusher.ts'
import { Outflow } from '../src/outflow.ts'

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
const MEGABYTE = 1_048_576
/** More than the kernel takes for a peer that does not read. */
const LARGE = 32 * MEGABYTE

/** What the owner of an outflow was told. */
function owner () {
  const told: string[] = []
  return { told, stalled: () => { told.push('stalled') }, drained: () => { told.push('drained') } }
}

/** An outflow into a real socket, its flush being called by hand. */
function outflow (socket: Socket, softMark = MEGABYTE) {
  const heard = owner()
  const idle = (): void => {}
  const flow = new Outflow(socket, new Flusher(idle, idle), softMark, heard)
  const write = (bytes: Buffer): void => {
    flow.place(new Batch(bytes))
    flow.flush()
  }
  return { flow, write, told: heard.told }
}

/** A socket of a server, and its peer; neither reads until it is told to. */
async function pair (t: Teardown, tls = false) {
  const server = tls ? createTlsServer({ key: fixture('localhost.key'), cert: fixture('localhost.crt') }) : createServer({ pauseOnConnect: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const peer = tls ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connect(port, '127.0.0.1')
  const [socket] = await once(server, tls ? 'secureConnection' : 'connection') as [Socket]
  t.teardown(() => {
    peer.destroy()
    socket.destroy()
    server.close()
  })
  const received: Buffer[] = []
  return { socket, peer, read: () => { peer.on('data', (bytes: Buffer) => received.push(bytes)) }, received: () => Buffer.concat(received) }
}

t.test('what the kernel takes at once leaves past the stream, in order with what others write', async (t) => {
  const { socket, read, received } = await pair(t)
  const { write, flow, told } = outflow(socket)
  const written = t.capture(socket, 'write', socket.write.bind(socket))
  write(Buffer.from('a'))
  socket.write('b')
  write(Buffer.from('c'))
  t.equal(written().length, 1)
  t.equal(flow.pending, 0)
  t.same(told, [])
  read()
  await until(() => received().toString() === 'abc')
})

for (const tls of [false, true]) {
  t.test(`what the kernel did not take is pressure, and keeps its order${tls ? ', over TLS too' : ''}`, async (t) => {
    const { socket, peer, read, received } = await pair(t, tls)
    const { write, flow, told } = outflow(socket)
    const sent: Buffer[] = []
    for (let at = 0; at < 100; at++) {
      sent.push(Buffer.alloc(MEGABYTE, at))
      write(sent.at(-1) as Buffer)
    }
    const end = Buffer.from('end')
    socket.end(end)
    t.ok(flow.pending > 60 * MEGABYTE, `${flow.pending} bytes wait`)
    t.equal(told[0], 'stalled')
    read()
    await once(peer, 'end')
    t.ok(received().equals(Buffer.concat([...sent, end])))
    t.equal(flow.pending, 0)
  })
}

t.test('a socket that is full of one write tells when it is empty', async (t) => {
  const { socket, read } = await pair(t)
  const { write, flow, told } = outflow(socket)
  write(Buffer.alloc(LARGE))
  t.equal(flow.pending, LARGE)
  t.ok(flow.isFull())
  t.ok(flow.isFull())
  t.equal(socket.listenerCount('drain'), 0)
  read()
  await until(() => told.includes('drained'))
  t.equal(flow.pending, 0)
  t.notOk(flow.isFull())
  await new Promise(setImmediate)
  t.same(told, ['stalled', 'drained'])
})

t.test('a socket that others filled meanwhile tells when all of it has left', async (t) => {
  const { socket, read } = await pair(t)
  const { write, flow, told } = outflow(socket)
  write(Buffer.alloc(LARGE))
  t.ok(flow.isFull())
  socket.write(Buffer.alloc(LARGE))
  t.equal(flow.pending, 2 * LARGE)
  read()
  await until(() => told.includes('drained'))
  t.equal(flow.pending, 0)
  await new Promise(setImmediate)
  t.same(told, ['stalled', 'drained'])
  write(Buffer.from('x'))
  t.same(told, ['stalled', 'drained'])
})

t.test('a write that fails ends the socket with its error', async (t) => {
  const { socket, peer } = await pair(t)
  const { write, flow } = outflow(socket)
  peer.resetAndDestroy()
  await once(peer, 'close')
  const failed = once(socket, 'error')
  while (!socket.destroyed) {
    write(Buffer.from('a'))
    await new Promise(setImmediate)
  }
  t.match(await failed, [{ code: /^(ECONNRESET|EPIPE)$/, syscall: 'write' }])
  write(Buffer.from('b'))
  t.equal(flow.pending, 0)
})

t.test('an ended socket fails nobody, and what it holds still leaves', async (t) => {
  const { socket, peer, read, received } = await pair(t)
  const { write, flow } = outflow(socket)
  const failures = t.capture(socket, 'destroy')
  socket.write(Buffer.alloc(LARGE))
  socket.end()
  write(Buffer.from('late'))
  read()
  await once(peer, 'end')
  t.equal(received().length, LARGE + 4, 'behind what it held')
  write(Buffer.from('too late'))
  await new Promise(setImmediate)
  t.equal(flow.pending, 0)
  t.same(failures(), [])
})

t.test('a write that was under way when the socket is destroyed is forgotten', async (t) => {
  const { socket } = await pair(t)
  const { write, flow } = outflow(socket)
  write(Buffer.alloc(LARGE))
  socket.destroy()
  await until(() => flow.pending === 0)
  t.pass()
})
