import fc from 'fast-check'
import t from 'tap'
import type { Position } from '@fastify-realtime/protocol'
import type { BrokerRecord, HistoryQuery } from '../../src/index.ts'
import { TopicHistory } from '../../src/memory/topic-history.ts'

function record (id: string): BrokerRecord {
  return { channel: 'c', topic: 't', event: 'e', id, time: 1, payload: 'x' }
}

/** The same promises, kept the slow way: every record ever appended, each with what forgot it. */
class NaiveHistory {
  readonly all: Array<{ readonly record: BrokerRecord, readonly offset: number, gone: boolean }> = []
  expiresAt = Infinity

  append (added: BrokerRecord, offset: number, size: number, ttl: number, now: number): void {
    this.expire(now)
    this.all.push({ record: added, offset, gone: false })
    for (const entry of this.all.slice(0, -size)) entry.gone = true
    this.expiresAt = now + ttl
  }

  expire (now: number): void {
    if (now < this.expiresAt) return
    for (const entry of this.all) entry.gone = true
  }

  read (query: HistoryQuery, epoch: string, now: number): { readonly ids: string[], readonly complete: boolean, readonly more: boolean } {
    this.expire(now)
    const { since, before, limit } = query
    const after = (offset: number): boolean => since?.epoch !== epoch || offset > since.offset
    const ahead = (offset: number): boolean => before === undefined || (before.epoch === epoch && offset < before.offset)
    const wanted = this.all.filter((entry) => after(entry.offset) && ahead(entry.offset) && !entry.gone)
    const known = since === undefined || (since.epoch === epoch && since.offset <= this.all.length && since.offset >= 0)
    const missed = since !== undefined && this.all.some((entry) => entry.offset > since.offset && entry.gone)
    const page = since === undefined ? wanted.slice(Math.max(wanted.length - limit, 0)) : wanted.slice(0, limit)
    return { ids: page.map((entry) => entry.record.id), complete: known && !missed, more: wanted.length > limit }
  }
}

const position: fc.Arbitrary<Position> = fc.record({
  epoch: fc.constantFrom('e', 'e', 'e', 'other'), offset: fc.integer({ min: 0, max: 25 })
})
const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), size: fc.integer({ min: 1, max: 6 }), ttl: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 20 }) }),
  fc.record({
    kind: fc.constant('read' as const),
    query: fc.record({ since: position, before: position, limit: fc.integer({ min: 0, max: 8 }) }, { requiredKeys: ['limit'] })
  })
)

void t.test('reads what a naive history of everything reads', async (t) => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const history = new TopicHistory('e', 0)
    const naive = new NaiveHistory()
    let now = 0
    for (const [n, action] of steps.entries()) {
      if (action.kind === 'pass') now += action.ms
      else if (action.kind === 'append') {
        const kept = history.append(record(String(n)), action, now)
        naive.append(record(String(n)), naive.all.length + 1, action.size, action.ttl, now)
        if (kept.position?.offset !== naive.all.length) return false
      } else {
        const page = history.read(action.query, now)
        const ids = page.records.map((entry) => entry.id)
        const expected = naive.read(action.query, 'e', now)
        if (page.position.offset !== naive.all.length) return false
        if (JSON.stringify({ ids, complete: page.complete, more: page.more }) !== JSON.stringify(expected)) return false
      }
    }
    return true
  }), { numRuns: 2_000 })
  t.pass()
})

void t.test('counts the bytes that it keeps', async (t) => {
  const history = new TopicHistory('e', 0)
  const limits = { size: 2, ttl: 10 }
  history.append(record('1'), limits, 0)
  const one = history.bytes
  history.append(record('2'), limits, 0)
  history.append(record('3'), limits, 0)
  t.equal(history.bytes, 2 * one)
  history.expire(10)
  t.equal(history.bytes, 0)
  t.equal(history.top, 3)
})
