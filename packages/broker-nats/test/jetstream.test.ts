import { Buffer } from 'node:buffer'
import t from 'tap'
import type { NatsMessage } from '../src/index.ts'
import { isLost, JetStream, JetStreamError } from '../src/jetstream.ts'
import { NobodyListensError, Requests } from '../src/requests.ts'
import { Trimmer } from '../src/trimmer.ts'

/** Answers as the test says. */
function build (answers: { ask?: (subject: string) => object, collect?: (batch: number) => Array<Partial<NatsMessage>> }): { jetStream: JetStream, asked: string[] } {
  const asked: string[] = []
  const requests = Object.create(Requests.prototype) as Requests
  requests.ask = async (subject) => {
    asked.push(subject)
    return { subject, data: Buffer.from(JSON.stringify(answers.ask?.(subject) ?? {})) }
  }
  requests.collect = async (_subject, payload) => {
    const { batch } = JSON.parse(payload) as { batch: number }
    return (answers.collect?.(batch) ?? []).map((message) => ({ subject: 's', data: Buffer.from('x'), ...message }))
  }
  return { jetStream: new JetStream(requests), asked }
}

void t.test('where and when a message was stored is read from its reply subject, old or new', async (t) => {
  const replies = ['$JS.ACK.stream.consumer.1.7.3.1500000000.0', '$JS.ACK.domain.account.stream.consumer.1.8.4.2500000000.0', '$JS.ACK.domain.account.stream.consumer.1.9.5.3500000000.0.x']
  const { jetStream } = build({ ask: () => ({ name: 'consumer', num_pending: 3 }), collect: () => replies.map((reply) => ({ reply })) })
  const { messages } = await jetStream.scan('stream', 's', 1, (pending) => pending)
  t.same(messages.map(({ seq, time }) => [seq, time]), [[7, 1_500], [8, 2_500], [9, 3_500]])
})

void t.test('a scan ends when there is less than there was', async (t) => {
  const reply = '$JS.ACK.stream.consumer.1.7.3.1500000000.0'
  const batches: number[] = []
  const { jetStream, asked } = build({
    ask: () => ({ name: 'consumer', num_pending: 2_500 }),
    collect (batch) {
      batches.push(batch)
      return Array.from({ length: batches.length === 1 ? batch : 5 }, () => ({ reply }))
    }
  })
  t.equal((await jetStream.scan('stream', 's', 1, (pending) => pending)).messages.length, 1_005)
  t.same(batches, [1_000, 1_000])
  t.equal(asked.at(-1), '$JS.API.CONSUMER.DELETE.stream.consumer')
})

void t.test('a consumer that is not known everywhere yet is asked again', async (t) => {
  const reply = '$JS.ACK.stream.consumer.1.7.3.1500000000.0'
  let left = 3
  const { jetStream } = build({
    ask: () => ({ name: 'consumer', num_pending: 1 }),
    collect () {
      if (left-- > 0) throw new NobodyListensError('nobody listens')
      return [{ reply }]
    }
  })
  t.equal((await jetStream.scan('stream', 's', 1, (pending) => pending)).messages.length, 1)
})

void t.test('a message without content has empty data', async (t) => {
  const { jetStream } = build({ ask: () => ({ message: { seq: 1, time: '1970-01-01T00:00:01Z' } }) })
  const found = await jetStream.get('stream', { seq: 1 })
  t.same([found?.seq, found?.time, found?.data.length], [1, 1_000, 0])
})

void t.test('only what tells that a stream is gone says so', async (t) => {
  t.same([10_059, 10_060, 10_071].map((code) => isLost(new JetStreamError(code, ''))), [true, true, false])
  t.equal(isLost(new Error('other')), false)
  const { jetStream } = build({ ask: () => ({ error: { err_code: 10_071, description: 'wrong last sequence' } }) })
  t.equal(await jetStream.publishAfter(1, 's', ''), undefined)
  await t.rejects(jetStream.publish('s', ''), { message: 'wrong last sequence (JetStream 10071)' })
  await t.rejects(jetStream.get('stream', { seq: 1 }), { code: 10_071 })
})

void t.test('an id that is on its way is asked for again, but not for ever', async (t) => {
  let left = 3
  const { jetStream, asked } = build({
    ask: () => left-- > 0 ? { error: { err_code: 10_158, description: 'in process' } } : { stream: 'stream', seq: 1, duplicate: true }
  })
  t.match(await jetStream.publish('s', '', { id: '1' }), { duplicate: true })
  t.equal(asked.length, 4)
  left = Infinity
  await t.rejects(jetStream.publish('s', '', { id: '1' }), { code: 10_158 })
  t.equal(asked.length, 104)
})

void t.test('a topic is cut after as many publications as it may keep, and not counted for ever', async (t) => {
  const { jetStream, asked } = build({ ask: () => { throw new Error('away') } })
  const trimmer = new Trimmer(jetStream)
  for (let n = 0; n < 9; n++) trimmer.appended('stream', 's', 3)
  t.equal(asked.length, 3)
  trimmer.appended('stream', 's', 2)
  for (let n = 0; n < 10_000; n++) trimmer.appended('stream', `s${n}`, 2)
  trimmer.appended('stream', 's', 2)
  t.equal(asked.length, 3, 's was forgotten')
  trimmer.appended('stream', 's', 2)
  t.equal(asked.length, 4)
})
