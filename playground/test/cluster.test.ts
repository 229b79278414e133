import { connectAndGreet } from '@fastify-realtime/testing'
import { missing, RedisServer } from '@fastify-realtime/testing/redis-server'
import t from 'tap'
import type { Test } from 'tap'
import type { Config } from '../src/config.ts'
import { natsMissing, startNats } from './fixtures/nats-server.ts'
import { login, playground } from './fixtures/playground.ts'

const shared = { jwtSecret: 's'.repeat(32), apiKey: 'k'.repeat(16) }

t.test('two playgrounds over one Redis are one', { skip: missing }, async (t) => {
  const server = await RedisServer.start()
  t.teardown(() => server.end())
  await areOne(t, { redisUrl: server.url })
})

t.test('two playgrounds over one NATS are one', { skip: natsMissing }, async (t) => {
  await areOne(t, { natsUrl: await startNats(t) })
})

async function areOne (t: Test, meeting: Partial<Config>): Promise<void> {
  const [left, right] = await Promise.all([playground(t, { ...shared, ...meeting }), playground(t, { ...shared, ...meeting })])
  const [ada, bob, oda] = await Promise.all([login(left.app, 'ada'), login(right.app, 'bob'), login(right.app, 'oda', 'operator')])
  const first = await connectAndGreet(left.address, { token: ada.token })
  const second = await connectAndGreet(right.address, { token: bob.token })
  await first.request('subscribe', { topic: 'room:lobby' })
  await second.request('subscribe', { topic: 'room:lobby' })

  await second.request('chat.send', { room: 'lobby', text: 'across' })
  t.match(await first.next('publication'), { event: 'chat.message', data: { from: 'bob', text: 'across' } })
  t.match(await second.next('publication'), { event: 'chat.message', data: { text: 'across' } })

  await first.request('chat.direct', { to: 'bob', text: 'psst' })
  t.match(await second.next('publication'), { topic: 'user:bob', data: { text: 'psst' } })

  const members = await left.app.inject({ url: '/topics/room:lobby/presence', headers: ada.headers })
  t.same(members.json<{ members: Array<{ principal: string }> }>().members.map(({ principal }) => principal).sort(), ['ada', 'bob'])

  const listed = await right.app.inject({ url: '/connections', headers: oda.headers })
  t.match(listed.json(), { count: 2, missing: [] })
  await right.app.inject({ method: 'DELETE', url: `/connections/${first.welcome.connection}`, headers: oda.headers })
  t.equal((await first.closed).code, 4502)

  t.equal((await left.app.inject({ method: 'POST', url: '/logout', headers: bob.headers })).statusCode, 204)
  t.equal((await second.closed).code, 4501)
  t.equal((await right.app.inject({ method: 'POST', url: '/ticket', headers: bob.headers })).statusCode, 401)
}
