import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { BrokerRecord } from '@fastify-realtime/broker'
import { Interests } from '../src/interests.ts'
import { JetStream } from '../src/jetstream.ts'
import type { Stored } from '../src/jetstream.ts'
import { encodeMarker, encodeRecord } from '../src/record-frame.ts'
import { Requests } from '../src/requests.ts'
import type { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { FakeConnection } from './fake-connection.ts'
import { record } from './node.ts'

interface Parts {
  readonly connection: FakeConnection
  readonly interests: Interests
  readonly got: BrokerRecord[]
  /** How many times something was told to be missing. */
  readonly missed: () => number
}

/** @param stored what the history holds; its newest is where a subscription begins */
function build (roundTrip: (connection: FakeConnection) => Promise<void> = async () => {}, stored: readonly Stored[] = []): Parts {
  const connection = new FakeConnection()
  const got: BrokerRecord[] = []
  let missed = 0
  const streams = { history: { name: 'h-e' }, epochOf: (name: string) => name === 'h-e' ? 'e' : undefined, saw () {} } as unknown as Streams
  const jetStream = new JetStream(Object.create(Requests.prototype) as Requests)
  jetStream.get = async () => stored[0]
  jetStream.scan = async (_stream, _subject, start, count) => {
    const messages = stored.filter(({ seq }) => seq >= start)
    return { pending: count(messages.length), messages }
  }
  const interests = new Interests({
    connection,
    jetStream,
    subjects: new Subjects('p'),
    streams,
    roundTrip: () => roundTrip(connection),
    deliver: (delivered) => { got.push(delivered) },
    missed: () => { missed++ }
  })
  return { connection, interests, got, missed: () => missed }
}

const data = encodeRecord(record('1'))

function from (stream: string, sequence: string, last = '0'): { code: number, get: (name: string) => string } {
  return { code: 0, get: (name) => ({ 'Nats-Stream': stream, 'Nats-Sequence': sequence, 'Nats-Last-Sequence': last })[name] ?? '' }
}

void t.test('a record says where it stands when it comes from a history', async (t) => {
  const { connection, interests, got } = build()
  await interests.subscribe('c', 't')
  connection.send('p.d.*.c.t', { data, headers: from('h-e', '7') })
  connection.send('p.d.*.c.t', { data, headers: from('l-x', '7') })
  t.same(got.map(({ position }) => position), [{ epoch: 'e', offset: 7 }, undefined])
  connection.send('p.d.*.c.t', { data: encodeMarker(), headers: from('h-e', '8') })
  t.same([got.length, interests.malformed], [2, 0], 'a marker is for nobody')
  connection.send('p.d.*.c.t', { data, headers: from('h-e', '9', '8') })
  t.equal(got.at(-1)?.position?.offset, 9, 'and yet it is the one before the next')
})

void t.test('what comes from no stream is no record', async (t) => {
  const { connection, interests, got } = build()
  await interests.subscribe('c', 't')
  connection.send('p.d.*.c.t', { data })
  connection.send('p.d.*.c.t', { data, headers: from('h-e', '') })
  connection.send('p.d.*.c.t', { data: Uint8Array.of(9, 9, 9), headers: from('h-e', '1') })
  t.same([got.length, interests.malformed], [0, 3])
})

void t.test('a subscription that the server refuses is none', async (t) => {
  const { connection, interests } = build(async (server) => server.send('p.d.*.c.t', {}, new Error('Permissions Violation')))
  await t.rejects(interests.subscribe('c', 't'), { message: 'Permissions Violation' })
  t.same(connection.subjects, [])
})

void t.test('a subscription that is ended while it begins stays ended', async (t) => {
  const holds: Array<(error: Error) => void> = []
  const { connection, interests } = build(() => new Promise((_resolve, reject) => holds.push(reject)))
  const subscribing = t.rejects(interests.subscribe('c', 't'), { message: 'lost' })
  interests.clear()
  t.same(connection.subjects, [])
  holds[0]?.(new Error('lost'))
  await subscribing
})

void t.test('what was lost on the way is read from the history, and what is no record there is left out', async (t) => {
  const stored = [{ seq: 5, time: 0, data }, { seq: 6, time: 0, data }, { seq: 7, time: 0, data: Uint8Array.of(9) }, { seq: 8, time: 0, data: encodeMarker() }, { seq: 9, time: 0, data }]
  const { connection, interests, got, missed } = build(undefined, stored)
  await interests.subscribe('c', 't')
  connection.send('p.d.*.c.t', { data, headers: from('h-e', '9', '8') })
  await turn()
  t.same(got.map(({ position }) => position?.offset), [6, 9])
  t.same([interests.malformed, missed()], [1, 0])
  const forgotten = build(undefined, [{ seq: 5, time: 0, data }])
  await forgotten.interests.subscribe('c', 't')
  forgotten.connection.send('p.d.*.c.t', { data, headers: from('h-f', '1', '0') })
  t.equal(forgotten.got.length, 1)
})

void t.test('what a pattern brings while a subscription begins comes once', async (t) => {
  const waiting: Array<() => void> = []
  const { connection, interests, got } = build(() => new Promise((resolve) => waiting.push(resolve)))
  const record = encodeRecord({ channel: 'c', topic: 'p:1', event: 'e', id: '1', time: 1, payload: '' })
  const pattern = interests.subscribe('c', 'p:*')
  waiting.shift()?.()
  await pattern
  const exact = interests.subscribe('c', 'p:1')
  const [byPattern, byName] = ['p.d.*.c.p.*', 'p.d.*.c.p.1']
  const send = (seq: string, last: string): void => {
    for (const name of [byName, byPattern]) connection.send(name, { data: record, headers: from('h-e', seq, last) })
  }
  send('1', '0')
  waiting.shift()?.()
  await exact
  send('2', '1')
  connection.send(byPattern, { data: encodeMarker(), headers: from('h-e', '3', '2') })
  t.same(got.map(({ position }) => position?.offset), [1, 2])
})
