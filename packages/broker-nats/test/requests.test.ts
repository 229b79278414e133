import { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { systemClock } from '@fastify-realtime/protocol'
import type { Clock } from '@fastify-realtime/protocol'
import { Requests } from '../src/requests.ts'
import { FakeConnection } from './fake-connection.ts'

/** Keeps the process alive while a test waits for nothing else. */
const clock: Clock = { ...systemClock, setTimeout: (callback, delay) => setTimeout(callback, delay) }

function build (timeout = 1_000): { connection: FakeConnection, requests: Requests, answer: (at: number, data: string, code?: number) => void } {
  const connection = new FakeConnection()
  const requests = new Requests({ connection, inboxPrefix: '_INBOX', timeout, clock })
  requests.open()
  return {
    connection,
    requests,
    answer (at, data, code) {
      const subject = String(connection.published[at]?.reply)
      const headers = code === undefined ? undefined : { code, get: () => '' }
      connection.send(connection.subjects.find((name) => name.endsWith('*')) ?? '', { subject, data: Buffer.from(data), headers })
    }
  }
}

void t.test('each answer goes to its question, and one that nobody waits for to nobody', async (t) => {
  const { requests, answer } = build()
  const asked = [requests.ask('a', ''), requests.ask('b', '')]
  answer(1, 'two')
  answer(0, 'one', 0)
  answer(0, 'again')
  t.same((await Promise.all(asked)).map(({ data }) => String(data)), ['one', 'two'])
  requests.close()
})

void t.test('a status is no answer', async (t) => {
  const { requests, answer } = build()
  const nobody = t.rejects(requests.ask('a', ''), { message: /nobody listens/ })
  answer(0, '', 503)
  await nobody
  const empty = t.rejects(requests.ask('a', ''), { message: 'an answer without content' })
  answer(1, '', 404)
  await empty
  requests.close()
})

void t.test('several answers come on a subscription of their own, until the server says that there are no more', async (t) => {
  const { connection, requests } = build()
  const collecting = requests.collect('a', '', 3)
  const inbox = String(connection.published[0]?.reply)
  connection.send(inbox, { subject: 'original', data: Buffer.from('1') })
  connection.send(inbox, { subject: 'original', data: Buffer.from('2') })
  connection.send(inbox, { headers: { code: 404, get: () => '' } })
  t.same((await collecting).map(({ data }) => String(data)), ['1', '2'])
  t.equal(connection.subjects.length, 1, 'it has ended')
  requests.close()
})

void t.test('what gets no answer is given up in time, and what came later a little later', async (t) => {
  const { requests } = build(50)
  const first = t.rejects(requests.ask('a', ''), { message: /no answer within 50 ms/ })
  await sleep(25)
  let settled = false
  const second = t.rejects(requests.ask('b', '').finally(() => { settled = true }), { message: /no answer/ })
  await first
  t.notOk(settled)
  await second
  requests.close()
})

void t.test('a lost connection fails all that waits, and after the end nothing is asked', async (t) => {
  const { connection, requests } = build()
  const waiting = [t.rejects(requests.ask('a', ''), { message: 'lost' }), t.rejects(requests.collect('b', '', 2), { message: 'lost' })]
  requests.fail('lost')
  await Promise.all(waiting)
  requests.close()
  await t.rejects(requests.ask('a', ''), { message: 'it has been stopped' })
  await t.rejects(requests.roundTrip(), { message: 'it has been stopped' })
  t.same(connection.subjects, [])
  new Requests({ connection, inboxPrefix: '_INBOX', timeout: 1, clock }).close()
})
