import t from 'tap'
import { Emitter } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import { followSubscribers } from '../src/subscribers.ts'

interface Events {
  subscribe: (connection: Connection, topic: string) => void
  unsubscribe: (connection: Connection, topic: string, code: string) => void
}

function setup () {
  const events = new Emitter<Events>((error) => { throw error })
  const calls: unknown[][] = []
  const connection = { id: 'c1' } as Connection
  const note = (name: string) => (_: Connection, ...rest: unknown[]): void => { calls.push([name, ...rest]) }
  followSubscribers(events, { enter: note('enter'), depart: note('depart'), unwatch: note('unwatch') }, ['room:*', 'lobby'])
  return { events, calls, connection }
}

void t.test('subscribers of matching topics are present', async t => {
  const { events, calls, connection } = setup()
  for (const topic of ['room:1', 'lobby', 'price:1', 'lobby:2', 'room:*']) events.emit('subscribe', connection, topic)
  t.same(calls, [['enter', 'room:1'], ['enter', 'lobby']])
})

void t.test('who unsubscribes departs: at once, or soon when it will be back', async t => {
  const { events, calls, connection } = setup()
  for (const code of ['requested', 'position-lost', 'revoked', 'forced', 'closed']) events.emit('unsubscribe', connection, 'room:1', code)
  t.same(calls, [
    ['depart', 'room:1', false],
    ['depart', 'room:1', true],
    ['unwatch', 'room:1', 'revoked'], ['depart', 'room:1', false],
    ['unwatch', 'room:1', 'forced'], ['depart', 'room:1', false]
  ])
})

void t.test('who may no longer read a topic sees it no longer, present or not', async t => {
  const { events, calls, connection } = setup()
  events.emit('unsubscribe', connection, 'price:1', 'revoked')
  events.emit('unsubscribe', connection, 'price:1', 'requested')
  t.same(calls, [['unwatch', 'price:1', 'revoked']])
})
