import type { Position, Publication } from '@fastify-realtime/protocol'
import { test } from 'tap'
import { connectionOf, open, serve } from './harness.ts'

interface Subscribed {
  readonly position?: Position
  readonly recovered?: boolean
  readonly publications?: Publication[]
  readonly more?: boolean
}

test('a publication reaches every subscriber and nobody else', async (t) => {
  const { app, connect } = await serve(t, open)
  const [ada, bob, eve] = [await connect('ada'), await connect('bob'), await connect('eve')]
  await ada.get('subscribe', { topic: 'room:1' })
  await bob.get('subscribe', { topic: 'room:1' })
  await eve.get('subscribe', { topic: 'room:2' })
  const published = await app.broadcast.publish('room:1', 'chat.message', { text: 'hi' })
  t.match(published, { id: String, duplicate: false })
  for (const client of [ada, bob]) {
    t.match(await client.publication({ text: 'hi' }), { topic: 'room:1', event: 'chat.message', id: published.id, time: Number })
  }
  await app.broadcast.publish('room:2', 'end')
  await eve.publication(null)
  t.equal(eve.publications.length, 1)
})

test('every principal is subscribed to a topic of its own before the welcome', async (t) => {
  const { app, connect } = await serve(t, {})
  const ada = await connect('ada')
  t.match(ada.welcome.subscriptions, [{ topic: 'user:ada', position: { epoch: String, offset: Number } }])
  const { position } = await app.broadcast.publish('user:ada', 'order.created', { id: 1 })
  t.same((await ada.publication({ id: 1 })).position, position)
  t.same((await connect()).welcome.subscriptions, [])
})

test('a subscriber that was away gets what it missed', async (t) => {
  const { app, connect } = await serve(t, { ...open, topics: { 'room:*': { history: true } } })
  const ada = await connect('ada')
  const { position } = await ada.get<Subscribed>('subscribe', { topic: 'room:1' })
  await ada.close()
  await app.broadcast.publish('room:1', 'm', 1)
  await app.broadcast.publish('room:1', 'm', 2)
  const again = await connect('ada')
  const answer = await again.get<Subscribed>('subscribe', { topic: 'room:1', since: position })
  t.equal(answer.recovered, true)
  t.same(answer.publications?.map(({ data }) => data), [1, 2])
  await app.broadcast.publish('room:1', 'm', 3)
  await again.publication(3)
  t.same(again.publications.map(({ data }) => data), [3])
  const lost = await again.get<Subscribed>('subscribe', { topic: 'room:1', since: { epoch: 'other', offset: 1 } })
  t.equal(lost.recovered, false)
})

test('except is left out, also after it reconnected', async (t) => {
  const { app, connect } = await serve(t, { ...open, topics: { 'room:*': { history: true } } })
  const [ada, bob] = [await connect('ada'), await connect('bob')]
  const { position } = await ada.get<Subscribed>('subscribe', { topic: 'room:1' })
  await bob.get('subscribe', { topic: 'room:1' })
  await app.broadcast.publish('room:1', 'm', 'not ada', { except: connectionOf(app, 'ada') })
  await app.broadcast.publish('room:1', 'm', 'all')
  await ada.publication('all')
  await bob.publication('all')
  t.same(ada.publications.map(({ data }) => data), ['all'])
  t.same(bob.publications.map(({ data }) => data), ['not ada', 'all'])
  const again = await connect('ada')
  const answer = await again.get<Subscribed>('subscribe', { topic: 'room:1', since: { ...position, connection: ada.welcome.connection } })
  t.same(answer.publications?.map(({ data }) => data), ['all'])
})
