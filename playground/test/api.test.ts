import type {} from '@fastify-realtime/connection-pool'
import { connectAndGreet } from '@fastify-realtime/testing'
import t from 'tap'
import { login, playground } from './fixtures/playground.ts'

t.test('a login gives a token for HTTP and for the socket', async (t) => {
  const { app, address } = await playground(t)
  const ada = await login(app, 'ada')
  t.equal((await app.inject({ method: 'POST', url: '/orders', payload: { item: 'tea', quantity: 1 } })).statusCode, 401)
  const client = await connectAndGreet(address, { token: ada.token })
  t.equal(client.welcome.principal, 'ada')
  t.match(client.welcome.subscriptions, [{ topic: 'user:ada' }])
  t.same(await client.request('echo', { text: 'hi' }), { text: 'hi' })
})

t.test('the socket needs a credential, and takes a ticket once', async (t) => {
  const { app, address } = await playground(t)
  await t.rejects(connectAndGreet(address), /401/)
  const ada = await login(app, 'ada')
  const issued = await app.inject({ method: 'POST', url: '/ticket', headers: ada.headers })
  const { ticket } = issued.json<{ ticket: string }>()
  const client = await connectAndGreet(address, { path: `/ws?ticket=${ticket}` })
  t.equal(client.welcome.principal, 'ada')
  await t.rejects(connectAndGreet(address, { path: `/ws?ticket=${ticket}` }))
})

t.test('a logout ends the live connection and the token', async (t) => {
  const { app, address } = await playground(t)
  const ada = await login(app, 'ada')
  const client = await connectAndGreet(address, { token: ada.token })
  t.equal((await app.inject({ method: 'POST', url: '/logout', headers: ada.headers })).statusCode, 204)
  t.equal((await client.closed).code, 4501)
  t.equal((await app.inject({ method: 'POST', url: '/ticket', headers: ada.headers })).statusCode, 401)
})

t.test('chat, direct messages and orders reach whom they are for', async (t) => {
  const { app, address } = await playground(t)
  const [ada, bob, oda] = await Promise.all([login(app, 'ada'), login(app, 'bob'), login(app, 'oda', 'operator')])
  const greet = ({ token }: { token: string }) => connectAndGreet(address, { token })
  const [first, second, operator] = await Promise.all([greet(ada), greet(bob), greet(oda)])
  await first.request('subscribe', { topic: 'room:lobby' })
  await operator.request('subscribe', { topic: 'orders' })

  const receipt = await second.request('chat.send', { room: 'lobby', text: 'hello' })
  t.match(receipt, { id: String, position: { epoch: String, offset: Number } })
  t.match(await first.next('publication'), { topic: 'room:lobby', event: 'chat.message', data: { from: 'bob', text: 'hello' } })

  await second.request('chat.direct', { to: 'ada', text: 'psst' })
  t.match(await first.next('publication'), { topic: 'user:ada', event: 'chat.direct', data: { from: 'bob', text: 'psst' } })

  const order = await app.inject({ method: 'POST', url: '/orders', headers: bob.headers, payload: { item: 'tea', quantity: 2 } })
  t.equal(order.statusCode, 201)
  t.match(await second.next('publication'), { topic: 'user:bob', event: 'order.created', data: { item: 'tea', customer: 'bob' } })
  t.match(await operator.next('publication'), { topic: 'orders', data: { item: 'tea' } })
  t.equal(first.waiting('publication'), 0)
})

t.test('topics keep to the policy over the socket and over HTTP', async (t) => {
  const { app, address } = await playground(t)
  const [ada, oda] = await Promise.all([login(app, 'ada'), login(app, 'oda', 'operator')])
  const client = await connectAndGreet(address, { token: ada.token })
  for (const topic of ['orders', 'user:oda', 'nowhere:1']) await t.rejects(client.request('subscribe', { topic }), { code: 'forbidden' })
  await t.rejects(client.request('subscribe', { topic: 'not a topic' }), { code: 'invalid-data' })
  await t.rejects(client.request('publish', { topic: 'room:lobby', event: 'x', data: 1 }), { code: 'forbidden' })

  await client.request('subscribe', { topic: 'room:lobby' })
  await client.request('chat.send', { room: 'lobby', text: 'one' })
  const get = (url: string, headers = ada.headers) => app.inject({ url, headers })
  t.match((await get('/topics/room:lobby/history')).json(), { publications: [{ event: 'chat.message', data: { text: 'one' } }] })
  t.match((await get('/topics/room:lobby/presence')).json(), { count: 1, members: [{ principal: 'ada' }] })
  t.equal((await get('/topics/orders/history')).statusCode, 403)
  t.equal((await get('/topics/orders/history', oda.headers)).statusCode, 200)
  t.same((await get('/topics')).json<{ topics: Array<{ topic: string }> }>().topics.map(({ topic }) => topic).sort(), ['room:lobby', 'user:ada'])
})

t.test('another server publishes with the API key, once for each id', async (t) => {
  const { app, address } = await playground(t)
  const { token } = await login(app, 'ada')
  const client = await connectAndGreet(address, { token })
  await client.request('subscribe', { topic: 'room:lobby' })
  const publish = (key: string, payload: object) =>
    app.inject({ method: 'POST', url: '/topics/room:lobby/publications', headers: { 'x-api-key': key }, payload })
  t.equal((await publish('wrong', { event: 'news', data: 1 })).statusCode, 401)
  t.equal((await publish('k'.repeat(16), { data: 1 })).statusCode, 400)
  t.equal((await publish('k'.repeat(16), { event: 'news', data: 1, id: 'a' })).statusCode, 201)
  t.match((await publish('k'.repeat(16), { event: 'news', data: 1, id: 'a' })).json(), { duplicate: true })
  t.match(await client.next('publication'), { event: 'news', data: 1 })
  t.equal(client.waiting('publication'), 0)
})

t.test('operators see connections and end them, others do not', async (t) => {
  const { app, address } = await playground(t)
  const [ada, oda] = await Promise.all([login(app, 'ada'), login(app, 'oda', 'operator')])
  const clients = await Promise.all([1, 2].map(() => connectAndGreet(address, { token: ada.token })))
  t.equal((await app.inject({ url: '/connections', headers: ada.headers })).statusCode, 403)
  t.match((await app.inject({ url: '/connections', headers: oda.headers })).json(), { count: 2, connections: [{ principal: 'ada' }, {}] })
  const remove = (url: string) => app.inject({ method: 'DELETE', url, headers: oda.headers })
  t.match((await remove(`/connections/${clients[0]?.welcome.connection}`)).json(), { disconnected: 1 })
  t.equal((await remove('/connections/nobody')).statusCode, 404)
  t.match((await remove('/principals/ada/connections')).json(), { disconnected: 1 })
  for (const client of clients) t.equal((await client.closed).code, 4502)
})

t.test('health, metrics and the page answer', async (t) => {
  const { app } = await playground(t)
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.equal((await app.inject('/health/ready')).statusCode, 200)
  t.match((await app.inject('/metrics')).body, /connections/)
  t.match((await app.inject('/')).body, /fastify-realtime/)
  for (const name of ['client', 'protocol']) t.equal((await app.inject(`/modules/${name}/index.js`)).statusCode, 200)
  await app.connectionPool.drain()
  const draining = await app.inject('/health/ready')
  t.equal(draining.statusCode, 503)
  t.ok(draining.headers['retry-after'])
})

t.test('a login without roles refuses one, and off means off', async (t) => {
  const names = await playground(t, { login: 'names' })
  const asked = (payload: object) => ({ method: 'POST', url: '/login', payload } as const)
  t.equal((await names.app.inject(asked({ name: 'ada', role: 'operator' }))).statusCode, 403)
  t.equal((await names.app.inject(asked({ name: 'ada' }))).statusCode, 200)
  t.equal((await names.app.inject(asked({ name: 'a b' }))).statusCode, 400)
  const off = await playground(t, { login: 'off' })
  t.equal((await off.app.inject(asked({ name: 'ada' }))).statusCode, 404)
})
