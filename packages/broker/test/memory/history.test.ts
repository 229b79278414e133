import t from 'tap'
import type { BrokerRecord } from '../../src/index.ts'
import { Histories } from '../../src/memory/history.ts'

const limits = { size: 10, ttl: 1_000 }

function record (payload = 'x'): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id: 'i', time: 1, payload }
}

void t.test('the least recently used topic is forgotten first, and a read is a use', async (t) => {
  const histories = new Histories({ maxTopics: 2, maxBytes: 1e9 }, 'e')
  const first = histories.append('a', record(), limits, 0).position
  histories.append('b', record(), limits, 0)
  histories.read('a', { limit: 1 }, 0)
  const former = histories.append('c', record(), limits, 0).position
  t.equal(histories.topics, 2)
  t.equal(histories.read('a', { since: { epoch: first?.epoch ?? '', offset: 0 }, limit: 1 }, 0).complete, true)
  t.ok(former)
})

void t.test('a topic that was forgotten comes back in a new epoch, above every offset ever given', async (t) => {
  const histories = new Histories({ maxTopics: 1, maxBytes: 1e9 }, 'e')
  for (let n = 0; n < 5; n++) histories.append('a', record(), limits, 0)
  const old = histories.append('a', record(), limits, 0).position
  histories.append('b', record(), limits, 0)
  const back = histories.append('a', record(), limits, 0).position
  t.not(back?.epoch, old?.epoch)
  t.ok((back?.offset ?? 0) > (old?.offset ?? Infinity))
  t.equal(histories.read('a', { since: old ?? { epoch: '', offset: 0 }, limit: 9 }, 0).complete, false)
})

void t.test('reading unknown topics is bounded too', async (t) => {
  const histories = new Histories({ maxTopics: 3, maxBytes: 1e9 }, 'e')
  for (let n = 0; n < 10; n++) histories.read(`t${n}`, { limit: 1 }, 0)
  t.equal(histories.topics, 3)
})

void t.test('the bytes of all topics stay within their bound', async (t) => {
  const histories = new Histories({ maxTopics: 100, maxBytes: 10_000 }, 'e')
  for (let n = 0; n < 50; n++) histories.append(`t${n % 20}`, record('x'.repeat(1_000)), limits, 0)
  t.ok(histories.bytes <= 10_000)
  t.ok(histories.topics < 20)
  histories.append('huge', record('x'.repeat(20_000)), limits, 0)
  t.equal(histories.bytes, 0)
})

void t.test('a sweep frees what is too old', async (t) => {
  const histories = new Histories({ maxTopics: 100, maxBytes: 1e9 }, 'e')
  histories.append('a', record(), limits, 0)
  histories.append('b', record(), limits, 500)
  const both = histories.bytes
  histories.sweep(1_000)
  t.equal(histories.bytes, both / 2)
  histories.read('b', { limit: 0 }, 2_000)
  t.equal(histories.bytes, 0)
})
