import { connectAndGreet, rawClient, until } from '@fastify-realtime/testing'
import t from 'tap'
import type { WebSocket } from 'ws'
import { PoolSocket } from '../src/pool-socket.ts'
import type { SocketOwner } from '../src/pool-socket.ts'
import { serve } from './harness.ts'

interface Inside {
  _receiver: { _fragments: Buffer[] } | null
}

function owned () {
  const socket = new PoolSocket(null as never, undefined as never, {})
  const heard: string[] = []
  socket.attach({ message: (data) => { heard.push(String(data)) } } as Partial<SocketOwner> as SocketOwner)
  return { socket, heard, inside: socket as unknown as Inside }
}

t.test('after each message the receiver has a list of ours, and one that is in use stays', async (t) => {
  const { socket, heard, inside } = owned()
  const mine: Buffer[] = []
  inside._receiver = { _fragments: mine }
  socket.emit('message', Buffer.from('a'), false)
  t.not(inside._receiver._fragments, mine)
  t.same(inside._receiver._fragments, [])
  const used = [Buffer.from('half of the next')]
  inside._receiver._fragments = used
  socket.emit('message', Buffer.from('b'), false)
  t.equal(inside._receiver._fragments, used)
  t.same(heard, ['a', 'b'])
})

t.test('a receiver without such a list is left alone', async (t) => {
  const { socket, heard, inside } = owned()
  for (const receiver of [null, {}]) {
    inside._receiver = receiver as Inside['_receiver']
    socket.emit('message', Buffer.from('a'), false)
  }
  t.same(heard, ['a', 'a'])
})

t.test('messages that come in fragments do not mix with those of another connection', async (t) => {
  const { url } = await serve(t)
  const clients = await Promise.all([rawClient(url), rawClient(url)])
  for (const client of clients) await client.next()
  for (let round = 0; round < 3; round++) {
    for (const [at, client] of clients.entries()) client.send({ opcode: 1, fin: false, payload: `{"type":"echo","id":"${at}",` })
    for (const [at, client] of clients.entries()) client.send({ opcode: 0, payload: `"data":"${at}"}` })
    for (const [at, client] of clients.entries()) {
      t.match(JSON.parse(String((await client.next()).payload)), { type: 'reply', id: String(at), data: String(at) })
    }
  }
  for (const client of clients) client.destroy()
})

t.test('what a route writes by itself keeps its place among frames of ours, however much of it waits', async (t) => {
  let socket: WebSocket | undefined
  const { opened, url } = await serve(t, {}, {
    routes: (app) => app.get('/ws', { websocket: true }, (ws, request) => {
      socket = ws
      app.connectionPool.add(ws, request)
    })
  })
  const client = await connectAndGreet(url)
  const seen: string[] = []
  client.socket.on('message', (data: Buffer) => seen.push(data.subarray(0, 18).toString()))
  client.socket.pause()
  socket?.send(`{"type":"first","filler":"${'x'.repeat(16 * 1_048_576)}"}`)
  socket?.send('{"type":"second"}')
  opened[0]?.sendEnvelope({ type: 'third' } as never)
  await new Promise(setImmediate)
  client.socket.resume()
  await until(() => seen.length === 3)
  t.same(seen, ['{"type":"first","f', '{"type":"second"}', '{"type":"third"}'])
})
