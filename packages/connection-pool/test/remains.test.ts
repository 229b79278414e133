import { EventEmitter } from 'node:events'
import { connectAndGreet } from '@fastify-realtime/testing'
import t from 'tap'
import type { UpgradeSocket } from '../src/handshake-guard.ts'
import { dropRemains } from '../src/remains.ts'
import { echo, serve } from './harness.ts'

type Inside = Record<PropertyKey, unknown>

function timerOf (socket: object): PropertyKey {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'timeout') ?? 'none'
}

t.test('an accepted socket keeps no timer, response or peer name of its handshake, and works on', async (t) => {
  let socket: Inside & { setTimeout (ms: number): void, remoteAddress: string } | undefined
  const { url, opened } = await serve(t, {}, {
    routes: (app) => {
      echo(app)
      app.server.on('connection', (accepted) => { socket = accepted as never })
    }
  })
  const client = await connectAndGreet(url)
  await client.request('echo', 'hello')
  if (socket === undefined) return t.fail('there is a socket')
  t.equal(socket[timerOf(socket)], null)
  t.equal(socket['_httpMessage'], null)
  t.equal(socket['_peername'], null)
  t.equal(socket.remoteAddress, opened[0]?.address)
  // Whoever wants a timeout of its own gets one.
  socket.setTimeout(50_000)
  t.ok(socket[timerOf(socket)])
  dropRemains(socket as never)
  t.ok(socket[timerOf(socket)], 'a timer that runs stays')
})

t.test('a stream without such fields is left alone', (t) => {
  const stream = new EventEmitter() as unknown as UpgradeSocket
  dropRemains(stream)
  t.notOk('_peername' in stream)
  t.end()
})
