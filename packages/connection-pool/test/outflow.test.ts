import { once } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { until } from '@fastify-realtime/testing'
import { Batch } from '../src/batch.ts'
import { Flusher } from '../src/flusher.ts'
import { Outflow } from '../src/outflow.ts'
import { pair } from './socket-pair.ts'

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

t.test('what the kernel takes at once leaves past the stream, while nobody else writes', async (t) => {
  const { socket, read, received } = await pair(t)
  const { write, flow, told } = outflow(socket)
  const written = t.capture(socket, 'write', socket.write.bind(socket))
  write(Buffer.from('a'))
  t.equal(written().length, 0)
  flow.share()
  socket.write('b')
  write(Buffer.from('c'))
  t.equal(written().length, 2)
  t.equal(flow.pending, 0)
  t.same(told, [])
  read()
  await until(() => received().toString() === 'abc')
})

t.test('what others write keeps its place, however much of it waits', async (t) => {
  const { socket, peer, read, received } = await pair(t)
  const { write, flow } = outflow(socket)
  write(Buffer.from('a'))
  flow.share()
  socket.write(Buffer.alloc(LARGE))
  socket.write('b')
  write(Buffer.from('c'))
  socket.end()
  read()
  await once(peer, 'end')
  t.equal(received().length, LARGE + 3)
  t.equal(received().subarray(-2).toString(), 'bc')
})

t.test('what somebody wrote before there was an outflow keeps its place', async (t) => {
  const { socket, peer, read, received } = await pair(t)
  socket.write(Buffer.alloc(LARGE))
  socket.write('b')
  const { write } = outflow(socket)
  write(Buffer.from('c'))
  socket.end()
  read()
  await once(peer, 'end')
  t.equal(received().subarray(-2).toString(), 'bc')
})

t.test('while something is left, what follows waits behind all of it', async (t) => {
  const { socket, peer, read, received } = await pair(t)
  const { write, flow } = outflow(socket)
  for (const name of ['1', '2', '3']) write(Buffer.alloc(LARGE, name))
  read()
  // The first has left, the second is leaving, the third is in the stream.
  await until(() => flow.pending <= 2 * LARGE)
  t.equal(flow.pending, 2 * LARGE)
  write(Buffer.from('4'))
  socket.end()
  await once(peer, 'end')
  const all = received()
  t.same([0, 1, 2].map((at) => String.fromCharCode(all[at * LARGE] as number, all[(at + 1) * LARGE - 1] as number)), ['11', '22', '33'])
  t.equal(all.subarray(3 * LARGE).toString(), '4')
})

t.test('whoever writes and however the peer reads, the order is that of the writing', async (t) => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('small', 'large', 'other', 'read', 'pause', 'turn', 'empty'), { maxLength: 60 }), async (acts) => {
    const { socket, peer, read, received } = await pair(t)
    const { write, flow } = outflow(socket)
    read()
    const sent: Buffer[] = []
    const next = (size: number): Buffer => {
      sent.push(Buffer.alloc(size, sent.length))
      return sent.at(-1) as Buffer
    }
    for (const act of acts) {
      if (act === 'small') write(next(100))
      else if (act === 'large') write(next(8 * MEGABYTE))
      else if (act === 'read') peer.resume()
      else if (act === 'pause') peer.pause()
      else if (act === 'turn') await new Promise(setImmediate)
      else if (act === 'other') {
        flow.share()
        socket.write(next(100))
      } else {
        peer.resume()
        await until(() => flow.pending === 0)
      }
    }
    socket.end()
    peer.resume()
    await once(peer, 'end')
    if (!received().equals(Buffer.concat(sent))) throw new Error('another order')
    peer.destroy()
  }), { numRuns: 50 })
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
  flow.share()
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

t.test('what follows the end that somebody else has set is dropped without an error', async (t) => {
  const { socket, peer, read, received } = await pair(t)
  const { write } = outflow(socket)
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  write(Buffer.from('a'))
  socket.end()
  await once(socket, 'finish')
  write(Buffer.from('b'))
  read()
  await once(peer, 'end')
  t.equal(received().toString(), 'a')
  t.same(errors, [])
})

t.test('a write that was under way when the socket is destroyed is forgotten', async (t) => {
  const { socket } = await pair(t)
  const { write, flow } = outflow(socket)
  write(Buffer.alloc(LARGE))
  socket.destroy()
  await until(() => flow.pending === 0)
  t.pass()
})
