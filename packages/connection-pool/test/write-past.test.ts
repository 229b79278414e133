import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { until } from '@fastify-realtime/testing'
import { handleOf, pastStream, requestClass, toHandle, writePast } from '../src/write-past.ts'
import type { Handle, WritePast, Writer } from '../src/write-past.ts'
import { pair } from './socket-pair.ts'

/** More than the kernel takes for a peer that does not read. */
const LARGE = 33_554_432

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const Request = requestClass()
const ways = { 'past the stream': pastStream(), ...Request && { 'to the handle': toHandle(Request, pastStream()) } }

function writer () {
  const told: unknown[] = []
  return { told, taken: (error?: Error | null) => { told.push(error ?? 'taken') } } satisfies Writer & { told: unknown[] }
}

/** Writes to a socket that has had this handle from the beginning. */
function writing (way: WritePast, socket: Socket): (bytes: Buffer, writer: Writer) => boolean {
  const handle = handleOf(socket) as Handle
  return (bytes, writer) => way(handle, socket, bytes, writer)
}

for (const [name, way] of Object.entries(ways)) {
  t.test(`${name}: what the kernel takes at once is answered at once`, async (t) => {
    const { socket, read, received } = await pair(t)
    const write = writing(way, socket)
    const heard = writer()
    t.ok(write(Buffer.from('a'), heard))
    t.ok(write(Buffer.from('b'), heard))
    read()
    await until(() => received().length === 2)
    t.equal(received().toString(), 'ab')
    t.equal(socket.bytesWritten, 2)
    t.same(heard.told, [])
  })

  t.test(`${name}: the writer is told when the kernel took the rest, each of its own`, async (t) => {
    const [one, other] = await Promise.all([pair(t), pair(t)])
    const heard = [writer(), writer()] as const
    t.notOk(writing(way, one.socket)(Buffer.alloc(LARGE, '1'), heard[0]))
    t.notOk(writing(way, other.socket)(Buffer.alloc(LARGE, '2'), heard[1]))
    t.same(heard.map(({ told }) => told), [[], []])
    other.read()
    await until(() => other.received().length === LARGE)
    t.same(heard.map(({ told }) => told), [[], ['taken']])
    one.read()
    await until(() => one.received().length === LARGE)
    t.same(heard.map(({ told }) => told), [['taken'], ['taken']])
  })

  t.test(`${name}: bytes under way are kept, though nobody else has them any more`, async (t) => {
    const { socket, read, received } = await pair(t)
    const write = writing(way, socket)
    const heard = writer()
    t.notOk(write(Buffer.alloc(LARGE, 'x'), heard))
    await new Promise(setImmediate)
    collectGarbage()
    read()
    await until(() => heard.told.length > 0)
    t.same(heard.told, ['taken'])
    await until(() => received().length === LARGE)
    t.ok(received().equals(Buffer.alloc(LARGE, 'x')))
  })

  t.test(`${name}: a failure is told with the name of the system's error`, async (t) => {
    const { socket, peer } = await pair(t)
    const write = writing(way, socket)
    const heard = writer()
    peer.resetAndDestroy()
    await once(peer, 'close')
    t.ok(write(Buffer.from('a'), heard))
    t.match(heard.told, [{ message: /^write (ECONNRESET|EPIPE)$/, code: /^(ECONNRESET|EPIPE)$/, errno: Number, syscall: 'write' }])
  })

  t.test(`${name}: a failure of what is under way is told, too`, async (t) => {
    const { socket, peer } = await pair(t)
    const write = writing(way, socket)
    const heard = writer()
    t.notOk(write(Buffer.alloc(LARGE), heard))
    peer.resetAndDestroy()
    await until(() => heard.told.length > 0)
    t.match(heard.told, [{ code: /^(ECONNRESET|EPIPE)$/, syscall: 'write' }])
  })

  t.test(`${name}: a socket that is gone tells that, at once and of what was under way`, async (t) => {
    const { socket } = await pair(t)
    const write = writing(way, socket)
    const heard = writer()
    t.notOk(write(Buffer.alloc(LARGE), heard))
    socket.destroy()
    await until(() => heard.told.length > 0)
    t.equal(heard.told.length, 1)
    t.ok(write(Buffer.from('a'), heard))
    t.match(heard.told[1], { code: /^(EBADF|ERR_SOCKET_CLOSED)$/ })
  })
}

t.test('where Node would make a request for every write, the stream is not asked', { skip: Request === undefined && 'this Node makes none' }, async (t) => {
  const { socket } = await pair(t)
  const asked = t.capture(socket, '_write', socket._write.bind(socket))
  t.ok(writing(writePast, socket)(Buffer.from('a'), writer()))
  t.equal(asked().length, 0)
})

t.test('a timeout that somebody has set on the socket begins anew with each write', async (t) => {
  const { socket } = await pair(t)
  const asked = t.capture(socket, '_write', socket._write.bind(socket))
  socket.setTimeout(60_000)
  t.ok(writing(writePast, socket)(Buffer.from('a'), writer()))
  t.equal(asked().length, 1)
})

t.test('a request that a write has is used for no other, though nothing waits any more', (t) => {
  const requests: Taken[] = []
  class Taken {
    id = -1
    oncomplete?: (status: number) => void
    constructor () { requests.push(this) }
    getAsyncId (): number { return this.id }
  }
  const written: object[] = []
  // What the kernel took at the second attempt.
  const handle = { writeBuffer: (request: object) => { written.push(Object.assign(request, { id: 7 })); return 0 } }
  const write = toHandle(Taken, pastStream())
  const heard = [writer(), writer()] as const
  const never = { _write () { throw new Error('the stream was asked') } }
  t.notOk(write(handle, never, Buffer.from('a'), heard[0]))
  t.notOk(write(handle, never, Buffer.from('b'), heard[1]))
  t.same(written.length, 2)
  t.not(written[0], written[1])
  requests[0]?.oncomplete?.(0)
  t.same(heard.map(({ told }) => told), [['taken'], []])
  t.end()
})

t.test('a request is used again only when it is free, while readers are fast', async (t) => {
  const server = createServer({ pauseOnConnect: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const reader = new Worker(`
    const { connect } = require('node:net')
    const buffer = Buffer.alloc(1_048_576)
    for (let n = 0; n < 2; n++) connect({ port: ${port}, host: '127.0.0.1', onread: { buffer, callback: () => true } }).on('error', () => {})
  `, { eval: true })
  const sockets: Socket[] = []
  while (sockets.length < 2) sockets.push(...await once(server, 'connection') as [Socket])
  t.teardown(async () => {
    await reader.terminate()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const bytes = Buffer.alloc(8 * 1_048_576)
  // Using one that is not free aborts the process.
  for (let round = 0; round < 150; round++) {
    const errors = await Promise.all(sockets.map((socket) => new Promise((resolve) => {
      if (writing(writePast, socket)(bytes, { taken: resolve })) resolve(undefined)
    })))
    t.same(errors.filter(Boolean), [])
  }
})

t.test('an answer that nobody knows ends the write, and nothing is written again', (t) => {
  class Free { getAsyncId (): number { return -1 } }
  const write = toHandle(Free, pastStream())
  const never = { _write () { throw new Error('the stream was asked') } }
  for (const answer of [undefined, null, 5, true, {}]) {
    const heard = writer()
    t.ok(write({ writeBuffer: () => answer as number }, never, Buffer.from('a'), heard))
    t.match(heard.told, [{ code: 'EBADF', syscall: 'write' }])
  }
  t.end()
})

t.test('without a class of requests that can be used there is none, and all goes past the stream', (t) => {
  const way = pastStream()
  t.equal(toHandle(undefined, way), way)
  const found = (write: (this: { _handle: { writeBuffer (request: unknown, bytes: Buffer): number } }, bytes: Buffer) => void) =>
    requestClass(Object.assign(new Socket(), { _write: write }))
  t.equal(found(function (bytes) { this._handle.writeBuffer(null, bytes) }), undefined)
  t.equal(found(() => {}), undefined)
  t.equal(found(() => { throw new TypeError('writeAnything is not a function') }), undefined)
  class Begun { getAsyncId (): number { return 7 } }
  t.equal(found(function (bytes) { this._handle.writeBuffer(new Begun(), bytes) }), undefined)
  class Free { getAsyncId (): number { return -1 } }
  t.equal(found(function (bytes) { this._handle.writeBuffer(new Free(), bytes) }), Free)
  t.end()
})

t.test('only a plain socket has a handle that may be written to', async (t) => {
  const { socket } = await pair(t)
  t.equal(handleOf(socket), (socket as unknown as { _handle: Handle })._handle)
  const tls = await pair(t, true)
  t.equal(handleOf(tls.socket), undefined)
  t.equal(handleOf(new Socket()), undefined, 'it is gone')
})
