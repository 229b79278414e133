import t from 'tap'
import { encodeRecord } from '../src/record-frame.ts'
import { JetStream } from '../src/jetstream.ts'
import type { Stored } from '../src/jetstream.ts'
import { Publisher } from '../src/publisher.ts'
import { NatsRecords } from '../src/records.ts'
import { Requests } from '../src/requests.ts'
import type { Streams } from '../src/streams.ts'
import { Subjects } from '../src/subjects.ts'
import { Trimmer } from '../src/trimmer.ts'
import { record } from './node.ts'

const subjects = new Subjects('p')
const info = { name: 'stream', epoch: 'e', window: 1 }
const streams = { history: info, live: info, records: info, saw () {} } as unknown as Streams

/** A stream in which another one puts something first, each time that the test says so. */
function build (found: Array<Stored | undefined>): { jetStream: JetStream, after: number[] } {
  const after: number[] = []
  const jetStream = new JetStream(Object.create(Requests.prototype) as Requests)
  jetStream.get = async () => found.shift()
  jetStream.publishAfter = async (last) => {
    after.push(last)
    return found.length > 0 ? undefined : { stream: 'stream', seq: 9 }
  }
  return { jetStream, after }
}

void t.test('a version that lost its place is compared with the one that took it', async (t) => {
  const stored = (seq: number, version: number): Stored => ({ seq, time: 0, data: encodeRecord(record('x', { version })) })
  const publish = async (found: Array<Stored | undefined>): Promise<[boolean, number[]]> => {
    const { jetStream, after } = build(found)
    const publisher = new Publisher({ jetStream, streams, subjects, trimmer: new Trimmer(jetStream), maxHistory: 1, positionTtl: 1, time: () => 0 })
    return [(await publisher.publish(record('1', { version: 5 }), {})).duplicate, after]
  }
  t.same(await publish([undefined, stored(3, 4)]), [false, [0, 3]])
  t.same(await publish([undefined, stored(3, 5)]), [true, [0]])
})

void t.test('a record that lost its place is put when what took it has ended', async (t) => {
  const stored = (seq: number, ttl: number): Stored => ({ seq, time: 0, data: Buffer.from(JSON.stringify(['k', 'v', ttl])) })
  const put = async (found: Array<Stored | undefined>): Promise<[boolean, number[]]> => {
    const { jetStream, after } = build(found)
    jetStream.api = async <T>() => ({}) as T
    const records = new NatsRecords({ jetStream, streams, subjects, time: () => 100, recordTtl: 1_000 })
    return [await records.putIfAbsent('k', 'v', 10), after]
  }
  t.same(await put([undefined, stored(3, 50)]), [true, [0, 0]])
  t.same(await put([undefined, stored(3, 150)]), [false, [0]])
})
