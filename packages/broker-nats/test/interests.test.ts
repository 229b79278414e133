import t from 'tap'
import type { BrokerRecord } from '@fastify-realtime/broker'
import { Interests } from '../src/interests.ts'
import { encodeMarker, encodeRecord } from '../src/record-frame.ts'
import type { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { FakeConnection } from './fake-connection.ts'
import { record } from './node.ts'

interface Parts {
  readonly connection: FakeConnection
  readonly interests: Interests
  readonly got: BrokerRecord[]
}

function build (roundTrip: (connection: FakeConnection) => Promise<void> = async () => {}): Parts {
  const connection = new FakeConnection()
  const got: BrokerRecord[] = []
  const streams = { epochOf: (name: string) => name === 'h-e' ? 'e' : undefined, saw () {} } as unknown as Streams
  const interests = new Interests({
    connection, subjects: new Subjects('p'), streams, roundTrip: () => roundTrip(connection), deliver: (delivered) => { got.push(delivered) }
  })
  return { connection, interests, got }
}

const data = encodeRecord(record('1'))

function from (stream: string, sequence: string): { code: number, get: (name: string) => string } {
  return { code: 0, get: (name) => ({ 'Nats-Stream': stream, 'Nats-Sequence': sequence })[name] ?? '' }
}

void t.test('a record says where it stands when it comes from a history', async (t) => {
  const { connection, interests, got } = build()
  await interests.subscribe('c', 't')
  connection.send('p.d.*.c.t', { data, headers: from('h-e', '7') })
  connection.send('p.d.*.c.t', { data, headers: from('l-x', '7') })
  t.same(got.map(({ position }) => position), [{ epoch: 'e', offset: 7 }, undefined])
  connection.send('p.d.*.c.t', { data: encodeMarker(), headers: from('h-e', '8') })
  t.same([got.length, interests.malformed], [2, 0], 'a marker is for nobody')
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
