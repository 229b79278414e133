import type { Position } from '@fastify-realtime/protocol'
import fc from 'fast-check'
import { test } from 'tap'
import { played } from './model/play.ts'
import type { Command } from './model/play.ts'
import { connection, stage } from './model/stage.ts'

const one = (kind: Command['kind'], client = 0): Command => ({ kind, client })
const chosen = (...kinds: Array<Command['kind']>): fc.Arbitrary<Command> => fc.record({ kind: fc.constantFrom(...kinds), client: fc.nat(1) })

/** Both are live when the history is lost, and come back while it begins anew: so few publications that it keeps them all. */
const emptied: fc.Arbitrary<Command[]> = fc.tuple(
  fc.array(chosen('rest', 'disconnect', 'subscribe', 'check'), { maxLength: 4 }),
  fc.array(chosen('rest', 'rest', 'publish', 'disconnect', 'subscribe', 'subscribe', 'kick', 'check'), { maxLength: 12 })
).map(([before, after]) => [one('subscribe'), one('subscribe', 1), one('rest'), one('publish'), one('rest'), ...before, one('forget'), ...after])

test('whoever comes back after the history was lost is told so once', async () => {
  await fc.assert(played(emptied), { numRuns: 100 })
})

test('whoever cannot recover goes on where the history stands, although the node has not got that far', async (t) => {
  const { broadcast, broker, parts, join, settled } = await stage({ topics: { a: { history: true } } })
  const [ada, bob] = [connection('ada'), connection('bob')]
  await join(ada, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  const now = { epoch: 'new', offset: 7 }
  broker.history.read = async () => ({ position: now, records: [], complete: false, more: false })
  t.same(await join(bob, 'a', { since: { epoch: 'old', offset: 1 } }), { position: now, recovered: false })
  parts.delivery.deliver({ channel: 'topics', topic: 'a', event: 'm', id: 'x', time: 1, payload: '2', position: { epoch: 'new', offset: 8 } })
  await settled()
  t.same(bob.data, [2])
  t.match(ada.received.at(-1), { type: 'unsubscribed', code: 'position-lost' })
  t.equal(broadcast.counters.positionsLost, 1)
})

for (const [what, bytes, most] of [['large', 10_000, 160], ['small', 10, 100], ['larger than an answer', 40_000, 200]] as const) {
  test(`records that are ${what} are not read again and again for one recovery`, async (t) => {
    const { broadcast, broker, join } = await stage({ topics: { a: { history: { size: 100 } } }, recovery: { maxBytes: 32_768 } })
    const { position } = await broadcast.publish('a', 'm', 0)
    for (let n = 1; n <= 100; n++) await broadcast.publish('a', 'm', 'x'.repeat(bytes))
    let read = 0
    const { history } = broker
    const original = history.read.bind(history)
    history.read = async (...asked) => {
      const page = await original(...asked)
      read += page.records.length
      return page
    }
    const ada = connection('ada')
    let since = position as Position
    let got = 0
    for (let more = true; more;) {
      const answer = await join(ada, 'a', { since })
      got += answer.publications?.length ?? 0
      since = answer.position as Position
      more = answer.more === true
      if (!more) t.equal(answer.recovered, true)
    }
    t.equal(got, 100)
    t.ok(read <= 100 + most, `${read} records read for ${got}`)
  })
}
