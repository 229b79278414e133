import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import { JetStream, JetStreamError } from '../src/jetstream.ts'
import { resolveNatsOptions } from '../src/nats-options.ts'
import { NobodyListensError, Requests } from '../src/requests.ts'
import { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { idle } from './fake-connection.ts'

/** Streams that are there, but hear nothing the first times. */
function build (deaf: number): { streams: Streams, asked: string[] } {
  const asked: string[] = []
  const jetStream = new JetStream(Object.create(Requests.prototype) as Requests)
  jetStream.api = async <T>(endpoint: string, body: object) => {
    const room = String(Reflect.get(body, 'subject')).split('.')[1] ?? ''
    const names: Record<string, string> = { h: 'frt-history-e1', l: 'frt-live-e2', r: 'frt-records-e3', p: 'frt-presence-e4' }
    const info = { config: { duplicate_window: 5e9, max_msgs_per_subject: 2_000 }, state: { last_seq: 0 } }
    return (endpoint === 'STREAM.NAMES' ? { streams: [names[room]] } : info) as T
  }
  jetStream.publish = async (subject) => {
    asked.push(subject)
    if (asked.length <= deaf) throw new NobodyListensError('nobody listens')
    // As if somebody else answered once.
    if (asked.length === deaf + 1) return { stream: 'other', seq: 1 }
    throw new JetStreamError(10_060, 'another stream')
  }
  const clock = { ...systemClock, setTimeout: (callback: () => void) => setImmediate(callback) }
  return { streams: new Streams(jetStream, new Subjects('frt'), resolveNatsOptions({ connection: idle(), clock })), asked }
}

void t.test('streams are ready when they listen', async (t) => {
  const { streams, asked } = build(3)
  await streams.ensure()
  t.same(asked, [...Array.from({ length: 5 }, () => 'frt.h.probe'), 'frt.l.probe', 'frt.r.probe', 'frt.p.probe'])
  t.same(streams.history, { name: 'frt-history-e1', epoch: 'e1', window: 5_000 })
  t.same([streams.epochOf('frt-history-e9'), streams.epochOf(streams.live.name), streams.records.epoch], ['e9', undefined, 'e3'])
})

void t.test('streams that never listen are given up', async (t) => {
  await t.rejects(build(1_000).streams.ensure(), { message: 'nobody listens' })
})
