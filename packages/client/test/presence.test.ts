import { test } from 'tap'
import type { Presence } from '../src/index.ts'
import { harness } from './harness.ts'
import type { Fields } from './harness.ts'

const list = (version: number, ...names: string[]): Fields =>
  ({ topic: 'room:1', version, count: names.length, members: names.map((principal) => ({ principal })) })
const diff = (version: number, joined: string[], left: string[], fields: Fields = {}): Fields =>
  ({ type: 'presence', topic: 'room:1', version, joined: joined.map((principal) => ({ principal })), left: left.map((principal) => ({ principal })), ...fields })

function record (presence: Presence): unknown[] {
  const told: unknown[] = []
  presence.on('change', ({ joined, left }) => told.push([joined.map(({ principal }) => principal), left.map(({ principal }) => principal)]))
  presence.on('end', (error) => told.push(error?.code ?? 'end'))
  return told
}

test('the whole list, then what changes', async (t) => {
  const { client, welcome } = harness()
  const room = client.presence('room:1')
  const told = record(room)
  const socket = await welcome()
  t.same(socket.last?.['data'], { topic: 'room:1' })
  socket.receive(diff(2, ['too early'], []))
  socket.reply(socket.last, list(3, 'ada', 'bob'))
  socket.receive(diff(3, ['old'], []))
  socket.receive(diff(5, ['cy'], ['bob'], { count: 2 }))
  socket.receive({ type: 'presence', topic: 'other', version: 9, joined: [] })
  t.same(told, [[['ada', 'bob'], []], [['cy'], ['bob']]])
  t.same([...room.members.keys()], ['ada', 'cy'])
  t.equal(room.count, 2)
  t.ok(room.listed)
  socket.receive({ type: 'presence', topic: 'room:1', version: 6, joined: [{ principal: 'cy', info: 'new' }] })
  t.same(room.members.get('cy'), { principal: 'cy', info: 'new' })
  socket.receive({ type: 'presence', topic: 'room:1', version: 7, left: [{ principal: 'cy' }] })
  t.same([...room.members.keys()], ['ada'])
  t.equal(room.count, 1)
})

test('a list that comes later tells only what differs', async (t) => {
  const made = harness()
  const room = made.client.presence('room:1')
  const told = record(room)
  const first = await made.welcome()
  first.reply(first.last, list(3, 'ada', 'bob'))
  first.drop()
  t.same([...room.members.keys()], ['ada', 'bob'], 'what was known stays')
  made.clock.advance(250)
  const second = await made.welcome()
  second.reply(second.last, list(1, 'bob', 'cy'))
  second.receive({ type: 'presence', ...list(2, 'cy', 'dan') })
  t.same(told, [[['ada', 'bob'], []], [['cy'], ['ada']], [['dan'], ['bob']]])
})

test('a huge topic tells only how many', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const room = client.presence('room:1')
  const told = record(room)
  socket.reply(socket.last, list(1, 'ada'))
  socket.receive({ type: 'presence', topic: 'room:1', version: 2, count: 5_000 })
  t.equal(room.count, 5_000)
  t.equal(room.listed, false)
  t.equal(room.members.size, 0)
  t.same(told, [[['ada'], []], [[], ['ada']]])
})

test('a watch that the server ends tells why, and can be asked for anew', async (t) => {
  const { client, welcome } = harness()
  const room = client.presence('room:1')
  const told = record(room)
  const socket = await welcome()
  socket.reply(socket.last, list(3, 'ada'))
  socket.receive({ type: 'presence', topic: 'room:1', version: 0, ended: 'revoked' })
  socket.receive(diff(4, ['bob'], []))
  t.same(told, [[['ada'], []], 'revoked'])
  t.not(client.presence('room:1'), room)
  t.equal(socket.sent.length, 2)
  socket.receive({ type: 'presence', topic: 'room:1', version: 0, ended: 'revoked' })
  t.not(client.presence('room:1').count, 1)
})

test('there is one for each topic, until it is stopped', async (t) => {
  const { client, welcome } = harness()
  const socket = await welcome()
  const room = client.presence('room:1')
  const told = record(room)
  t.equal(client.presence('room:1'), room)
  t.equal(socket.sent.length, 1)
  room.stop()
  t.match(socket.last, { type: 'presence', data: { topic: 'room:1', watch: false } })
  t.same(told, ['end'])
  socket.reply(socket.sent[0], list(1, 'ada'))
  t.equal(room.count, 0)
  t.not(client.presence('room:1'), room)
})

test('a refusal ends it', async (t) => {
  const { client, welcome } = harness()
  const told = record(client.presence('room:1'))
  const socket = await welcome()
  socket.fail(socket.last, 'forbidden')
  t.same(told, ['forbidden'])
  t.equal(socket.sent.length, 1)
})

test('it ends with the client', async (t) => {
  const { client, welcome } = harness()
  const told = record(client.presence('room:1'))
  await welcome()
  void client.close()
  t.same(told, ['end'])
  const late = client.presence('room:1')
  t.not(late, undefined)
  const closed = harness()
  const heard = record(closed.client.presence('room:1'))
  const socket = await closed.welcome()
  socket.drop(4501)
  t.same(heard, ['closed'])
})
