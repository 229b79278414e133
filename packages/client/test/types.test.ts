import type { MessageRoute, RoutesOf } from '@fastify-realtime/message-router'
import { test } from 'tap'
import { WebSocket } from 'ws'
import { connect } from '../src/index.ts'
import type { HistoryPage, Publication, RealtimeClient, Subscription } from '../src/index.ts'

interface Routes {
  'chat.send': { data: { room: string, text: string }, reply: { id: string } }
  ping: { data: undefined, reply: 'pong', idempotent: true }
}

interface Events {
  'chat.message': { from: string, text: string }
  'order.created': { item: string }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
const same = <A, B>(_same: Same<A, B>): void => {}

/** Compiled, never run. */
export async function typed (client: RealtimeClient<Routes, Events>): Promise<void> {
  const receipt = await client.request('chat.send', { room: 'lobby', text: 'hi' }, { timeout: 1_000 })
  same<typeof receipt, { id: string }>(true)
  const pong = await client.request('ping')
  same<typeof pong, 'pong'>(true)
  await client.request('ping', undefined, { timeout: false, resend: true })
  // @ts-expect-error -- only an idempotent route may be asked again
  await client.request('chat.send', { room: 'lobby', text: 'hi' }, { resend: true })
  client.send('chat.send', { room: 'lobby', text: 'hi' }, { queue: false })

  // @ts-expect-error -- no such type
  await client.request('chat.sent', { room: 'lobby', text: 'hi' })
  // @ts-expect-error -- text is missing
  await client.request('chat.send', { room: 'lobby' })
  // @ts-expect-error -- data is missing
  await client.request('chat.send')
  // @ts-expect-error -- room is a string
  client.send('chat.send', { room: 1, text: 'hi' })
  // @ts-expect-error -- the reply has no such field
  void receipt.text
  // @ts-expect-error -- a send has no timeout
  client.send('ping', undefined, { timeout: 1 })

  const room = client.subscribe('room:lobby')
  same<typeof room, Subscription<Events>>(true)
  room.onEvent('chat.message', ({ from, text }) => { same<typeof from, string>(true); return text })
  room.onEvent('order.created', (_data, publication) => { same<typeof publication.event, 'order.created'>(true) })
  // @ts-expect-error -- no such event
  room.onEvent('chat.massage', () => {})
  for await (const publication of room) {
    if (publication.event === 'order.created') same<typeof publication.data, { item: string }>(true)
    else same<typeof publication.data, { from: string, text: string }>(true)
  }
  await room.publish('order.created', { item: 'tea' })
  // @ts-expect-error -- other data
  await room.publish('order.created', { from: 'ada' })
  const page = await client.history('room:lobby')
  same<typeof page, HistoryPage<Events>>(true)
  // @ts-expect-error -- read only
  page.more = true
}

/** A client that was told nothing takes any type, and knows nothing of replies. */
export async function untyped (): Promise<void> {
  const client = connect('ws://host.example/ws', { WebSocket, token: async ({ refresh }) => String(refresh) })
  const reply = await client.request('anything', { at: 'all' })
  same<typeof reply, unknown>(true)
  await client.request('anything', {}, { resend: true })
  client.subscribe('room:1', (publication) => { same<typeof publication, Publication>(true) })
  // @ts-expect-error -- not a listener
  client.on('opened', () => {})
  connect<Routes>('ws://host.example/ws')
  // @ts-expect-error -- routes have data and reply
  connect<{ ping: { reply: string } }>('ws://host.example/ws')
  // @ts-expect-error -- a token is a string
  connect('ws://host.example/ws', { token: 7 })
}

type AppRoutes = RoutesOf<[MessageRoute<'sum', number[], number>, MessageRoute<'now', undefined, { time: string }, true>]>

/** The routes of a server's own code. */
export async function fromServer (client: RealtimeClient<AppRoutes>): Promise<void> {
  const sum = await client.request('sum', [1, 2])
  same<typeof sum, number>(true)
  const { time } = await client.request('now')
  same<typeof time, string>(true)
  // @ts-expect-error -- not numbers
  await client.request('sum', ['1'])
  await client.request('now', undefined, { resend: true })
  // @ts-expect-error -- nobody says that it may be handled twice
  await client.request('sum', [1], { resend: true })
}

test('types are checked by the compiler', (t) => {
  t.type(typed, 'function')
  t.type(untyped, 'function')
  t.type(fromServer, 'function')
  t.end()
})
