import { setTimeout as pause } from 'node:timers/promises'
import { broadcast } from '@fastify-realtime/broadcast'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { Broker } from '@fastify-realtime/broker'
import { redisBroker } from '@fastify-realtime/broker-redis'
import { messageRouter } from '@fastify-realtime/message-router'
import { missing, RedisServer } from '@fastify-realtime/testing/redis-server'
import { Redis } from 'ioredis'
import t from 'tap'
import type { Test } from 'tap'
import { open, server } from './support/server.ts'
import type { Server } from './support/server.ts'
import { goodClaims, seconds, token } from './support/tokens.ts'

/** What makes the brokers of one cluster. */
const clusters: Record<string, { readonly skip: string | false, readonly start: (t: Test) => Promise<() => Broker> }> = {
  'brokers in memory': {
    skip: false,
    async start () {
      const hub = memoryHub()
      return () => memoryBroker({ hub })
    }
  },
  Redis: {
    skip: missing,
    async start (t) {
      const redis = await RedisServer.start()
      t.teardown(() => redis.end())
      return () => redisBroker({ client: new Redis(redis.port, '127.0.0.1', { lazyConnect: true }) })
    }
  }
}

const bearer = (claims: object = {}) =>
  ({ headers: { authorization: `Bearer ${token({ claims: { ...goodClaims(), iat: seconds(-5), ...claims } })}` } })

for (const [name, { skip, start }] of Object.entries(clusters)) {
  const nodes = async (t: Test) => {
    const make = await start(t)
    return (): Promise<Server> => server(t, undefined, {
      before: async (app) => {
        await app.register(broker, { use: make() })
        await app.register(messageRouter)
        await app.register(broadcast, { topics: { 'room:*': { history: true } }, canSubscribe: () => true })
      }
    })
  }

  void t.test(`of 100 racing uses of a ticket on two nodes one wins, over ${name}`, { skip }, async (t) => {
    const node = await nodes(t)
    const both = [await node(), await node()] as const
    const { ticket } = await both[0].app.realtimeAuth.issueTicket({ id: 'ada' })
    const opened = await Promise.all(Array.from({ length: 100 }, (_, n) => open((both[n % 2] ?? both[0]).url(`/ws?ticket=${ticket}`))))
    t.equal(opened.filter(({ first }) => first?.principal === 'ada').length, 1)
    t.equal(opened.filter(({ status }) => status === 401).length, 99)
  })

  void t.test(`under load nothing reaches a revoked principal later than a second, over ${name}`, { skip }, async (t) => {
    const node = await nodes(t)
    const [first, second] = [await node(), await node()]
    const ada = await open(second.url(), bearer({ jti: 'one' }))
    const bob = await open(second.url(), bearer({ sub: 'bob' }))
    for (const { ws, next } of [ada, bob]) {
      ws.send(JSON.stringify({ type: 'subscribe', id: '1', data: { topic: 'room:1' } }))
      await next('reply')
    }
    const last = { ada: 0, bob: 0 }
    ada.ws.on('message', () => { last.ada = performance.now() })
    bob.ws.on('message', () => { last.bob = performance.now() })
    let load = true
    const loading = (async () => {
      for (let n = 0; load; n++) {
        await first.app.broadcast.publish('room:1', 'tick', { n })
        await pause(1)
      }
    })()
    while (last.ada === 0 || last.bob === 0) await pause(5)

    const revoked = performance.now()
    await first.app.realtimeAuth.revoke({ principal: 'ada' })
    t.equal((await ada.closed).code, 4501)
    await pause(1_200)
    load = false
    await loading
    t.ok(last.ada - revoked < 1_000, `${Math.round(last.ada - revoked)} ms`)
    t.ok(last.bob - revoked > 1_000, 'who was not revoked goes on')
    for (const { url } of [first, second, await node()]) t.equal((await open(url(), bearer({ jti: 'one' }))).status, 401)
  })
}
