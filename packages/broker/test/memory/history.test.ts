import t from 'tap'
import type { BrokerRecord } from '../../src/index.ts'
import { Beginnings } from '../../src/memory/beginnings.ts'
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

void t.test('topics that are only asked for cost nothing, push nobody out and stand where they stood', async (t) => {
  const histories = new Histories({ maxTopics: 10, maxBytes: 1e9 }, 'e')
  const live = histories.append('live', record(), limits, 0).position
  const topics = Array.from({ length: 50_000 }, (_, n) => `user:${n}`)
  const positions = topics.map((topic) => histories.read(topic, { limit: 0 }, 0).position)
  t.equal(histories.topics, 1)
  const complete = topics.filter((topic, n) => {
    const since = positions[n]
    return since !== undefined && histories.read(topic, { since, limit: 1 }, 0).complete
  })
  t.equal(complete.length, 50_000)
  t.equal(histories.read('live', live === undefined ? { limit: 1 } : { since: live, limit: 1 }, 0).complete, true)

  const first = histories.append('user:7', record(), limits, 0).position
  const page = histories.read('user:7', { since: positions[7] ?? { epoch: '', offset: -1 }, limit: 9 }, 0)
  t.match(page, { complete: true, records: [{ position: first }] }, 'the first publication follows the position that was told')
})

void t.test('what is forgotten costs few of the topics that are only asked for their position', async (t) => {
  const histories = new Histories({ maxTopics: 10, maxBytes: 1e9 }, 'e')
  const topics = Array.from({ length: 50_000 }, (_, n) => `user:${n}`)
  const positions = topics.map((topic) => histories.read(topic, { limit: 0 }, 0).position)
  for (let n = 0; n < 20; n++) histories.append(`room:${n}`, record(), limits, 0)
  t.equal(histories.topics, 10)
  const moved = topics.filter((topic, n) => histories.read(topic, { limit: 0 }, 0).position.epoch !== positions[n]?.epoch)
  t.ok(moved.length < 200, `${moved.length} of 50,000 for 10 that were forgotten`)
})

void t.test('a topic that was forgotten and is asked for stands above every offset ever given, in a new epoch each time', async (t) => {
  const histories = new Histories({ maxTopics: 1, maxBytes: 1e9 }, 'e')
  const seen = new Set<string>()
  let highest = 0
  for (let round = 0; round < 50; round++) {
    const asked = histories.read('a', { limit: 0 }, 0).position
    t.notOk(seen.has(asked.epoch))
    t.ok(asked.offset >= highest)
    for (let n = 0; n <= round % 3; n++) {
      const { position } = histories.append('a', record(), limits, 0)
      t.equal(position?.epoch, asked.epoch)
      t.ok((position?.offset ?? 0) > highest)
      highest = position?.offset ?? Infinity
    }
    seen.add(asked.epoch)
    histories.append('b', record(), limits, 0)
  }
})

void t.test('what is remembered of forgotten topics is bounded', async (t) => {
  const beginnings = new Beginnings('e')
  for (let n = 0; n < 50_000; n++) beginnings.move(`t${n}`, n + 1)
  t.ok(beginnings.moved <= 16_384)
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
