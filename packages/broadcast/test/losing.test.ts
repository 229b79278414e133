import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { connection, stage } from './model/stage.ts'
import type { FakeConnection } from './model/fake-connection.ts'

const told = { type: 'unsubscribed', topic: 'a', code: 'position-lost' }
const count = 2_500

/** That many subscribers of a topic with history, who all lose their position. */
async function crowd () {
  const node = await stage({ topics: { a: { history: true } } })
  const readers: FakeConnection[] = Array.from({ length: count }, () => connection())
  for (const reader of readers) await node.join(reader, 'a')
  const { broadcast, parts, settled } = node
  await broadcast.publish('a', 'm', 1)
  await settled()
  const { position } = (await broadcast.history('a'))
  for (const reader of readers) reader.received.length = 0
  parts.subscribing.lose(parts.subscriptions.topic('a')!, () => true)
  return { ...node, readers, since: position }
}

test('thousands that lose their position are told over several turns, and nothing reaches them meanwhile', async (t) => {
  const { broadcast, readers } = await crowd()
  const toldNow = (): number => readers.filter(({ received }) => received.length > 0).length
  t.ok(toldNow() < count)
  t.same(broadcast.subscribers('a'), [])
  await broadcast.publish('a', 'm', 2)
  while (broadcast.counters.subscriptions > 0) await setImmediate()
  for (const { received } of readers) {
    if (received.length !== 1) t.fail('one envelope each')
  }
  t.match(readers.at(-1)?.received, [told])
  t.equal(broadcast.counters.positionsLost, count)
})

test('whoever asks anew or leaves before being told is told nothing', async (t) => {
  const { broadcast, parts, join, readers, since, settled } = await crowd()
  const [asks, leaves] = readers.slice(-2) as [FakeConnection, FakeConnection]
  const answer = join(asks, 'a', { since })
  parts.subscribing.forget(leaves.self)
  t.match(await answer, { recovered: true })
  while (broadcast.counters.subscriptions > 1) await setImmediate()
  await broadcast.publish('a', 'm', 2)
  await settled()
  t.same(asks.data, [2])
  t.match(asks.received, [{ type: 'publication' }])
  t.same(leaves.received, [])
  t.equal(broadcast.counters.positionsLost, count - 2)
})
