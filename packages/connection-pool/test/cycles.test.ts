import { connectAndGreet, rawClient, until } from '@fastify-realtime/testing'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { echo, serve } from './harness.ts'

/** Timers and sockets of this process that are not the test's own. */
const resources = (): number => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap').length

t.test('connections that come and go leave nothing behind', async (t) => {
  const { app, pool, url, opened, closed } = await serve(t, { maxPerPrincipal: 1_000, handshakeRate: false }, {
    server: { trustProxy: true },
    routes (app: FastifyInstance) {
      app.addHook('preValidation', async (request) => { Object.assign(request, { principal: { id: `user ${Number(request.headers['x-at']) % 7}` } }) })
      echo(app)
    }
  })
  const cycle = async (at: number): Promise<void> => {
    const headers = { 'x-at': String(at), 'x-forwarded-for': `192.0.2.${at % 250}` }
    if (at % 3 === 0) {
      const raw = await rawClient(url, { headers })
      raw.destroy()
    } else if (at % 3 === 1) {
      const client = await connectAndGreet(url, { ws: { headers } })
      await client.request('echo', at)
      await client.close()
    } else {
      const client = await connectAndGreet(url, { ws: { headers } })
      for (const connection of pool.byPrincipal(`user ${at % 7}`)) connection.close({ code: 4005, reason: 'again' })
      await client.closed
    }
  }
  const rounds = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 20) await Promise.all(Array.from({ length: 20 }, (_, more) => cycle(at + more).catch(() => {})))
    await until(() => pool.size === 0)
  }
  await rounds(100)
  const before = resources()
  await rounds(600)
  await until(() => resources() <= before, 'the timers and sockets from before', 10_000)
  t.equal(pool.size, 0)
  t.equal(app.websocketServer.clients.size, 0)
  t.equal(pool.pressure, 0)
  for (let at = 0; at < 7; at++) t.same([...pool.byPrincipal(`user ${at}`)], [])
  t.equal(opened.length, closed.length)
  t.equal(new Set(closed.map(({ connection }) => connection)).size, closed.length, 'each closed once')
  t.equal(app.websocketServer.listenerCount('connection'), 1)
  t.equal(app.server.listenerCount('upgrade'), 1)
})
