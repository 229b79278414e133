import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'tap'
import type { BroadcastOptions } from '../src/options.ts'
import { connection, stage } from './model/stage.ts'
import type { FakeConnection } from './model/fake-connection.ts'

/** A stage on which a delivery pauses after every few subscribers, until it is told to go on. */
async function paused (options: BroadcastOptions, atOnce = 1) {
  const turns: Array<() => void> = []
  const made = await stage(options, undefined, { pace: { perTurn: 0, atOnce, schedule: (turn) => turns.push(turn) } })
  const goOn = (): void => { turns.shift()?.() }
  const finish = (): void => { while (turns.length > 0) goOn() }
  return { ...made, goOn, finish }
}

const data = (readers: readonly FakeConnection[]): unknown[] => readers.map((reader) => reader.data)

test('a publication reaches whoever stood there when it came, however long that takes', async (t) => {
  const { join, broadcast, settled, parts, goOn, finish } = await paused({ topics: { a: {} } })
  const readers = [connection(), connection(), connection()]
  const [, leaves, stays] = readers as [FakeConnection, FakeConnection, FakeConnection]
  for (const reader of readers) await join(reader, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(data(readers), [[1], [], []])
  await broadcast.publish('a', 'm', 2)
  await settled()
  leaves.state = 'closed'
  parts.subscribing.forget(leaves.self)
  const late = connection()
  await join(late, 'a')
  t.same(data([stays, late]), [[], []])
  goOn()
  t.same(data([stays, late]), [[], []], 'one place after the other, whether or not somebody is still there')
  goOn()
  t.same(data([stays, late]), [[1], []])
  finish()
  t.same(data([...readers, late]), [[1, 2], [], [1, 2], []], 'and what waited meanwhile is not for whoever came after it')
})

test('whoever subscribes anew from now on has everything before now', async (t) => {
  const { join, broadcast, settled, finish } = await paused({ topics: { plain: {}, kept: { history: true } } })
  for (const topic of ['plain', 'kept']) {
    const readers = [connection(), connection()]
    const again = readers[1]!
    for (const reader of readers) await join(reader, topic)
    await broadcast.publish(topic, 'm', 1)
    await settled()
    await join(again, topic)
    t.same(again.data, [1], 'before the answer')
    finish()
    t.same(data(readers), [[1], [1]], topic)
  }
})

test('whoever is on a pattern and on its topic gets each publication once, wherever it leaves or joins', async (t) => {
  for (const act of ['leave the topic', 'leave the pattern', 'join the topic', 'join the pattern', 'come back to both']) {
    for (let steps = 0; steps < 5; steps++) {
      const { join, broadcast, settled, parts, goOn, finish } = await paused({ topics: { 'price:*': { wildcard: true } } })
      const [other, one] = [connection(), connection()]
      for (const topic of ['price:x', 'price:*']) {
        await join(other, topic)
        if (act !== `join the ${topic === 'price:x' ? 'topic' : 'pattern'}`) await join(one, topic)
      }
      await broadcast.publish('price:x', 'm', 1)
      await settled()
      for (let n = 0; n < steps; n++) goOn()
      const end = (topic: string): void => { parts.subscribing.end(parts.subscriptions.get(one.self, topic)!, 'requested') }
      if (act === 'leave the topic') end('price:x')
      else if (act === 'leave the pattern') end('price:*')
      else if (act === 'join the topic') await join(one, 'price:x')
      else if (act === 'join the pattern') await join(one, 'price:*')
      else for (const topic of ['price:x', 'price:*']) await join(one, topic)
      finish()
      t.same(one.data, [1], `${act} after ${steps} steps`)
      t.same(other.data, [1])
    }
  }
})

test('so it is when others come first, and when somebody else\'s visit makes it leave or join', async (t) => {
  for (const act of ['leave the topic', 'leave the pattern', 'join the topic']) {
    for (const atOnce of [1, 2, 100]) {
      for (const at of [0, 1]) {
        const { join, broadcast, settled, parts, finish } = await paused({ topics: { 'price:*': { wildcard: true, history: true } } }, atOnce)
        const [other, one] = [connection(), connection()]
        for (const topic of ['price:x', 'price:*']) {
          await join(other, topic)
          if (act !== 'join the topic' || topic !== 'price:x') await join(one, topic)
        }
        const end = (topic: string): void => { parts.subscribing.end(parts.subscriptions.get(one.self, topic)!, 'requested') }
        let joined: Promise<unknown> | undefined
        other.onSend = () => {
          if (other.data.length !== at + 1) return
          if (act === 'join the topic') joined = join(one, 'price:x')
          else end(act === 'leave the topic' ? 'price:x' : 'price:*')
        }
        for (const n of [1, 2, 3]) await broadcast.publish('price:x', 'm', n)
        await settled()
        finish()
        await joined
        t.same(one.data, [1, 2, 3], `${act} at ${at}, ${atOnce} at once`)
        t.same(other.data, [1, 2, 3])
      }
    }
  }
})

test('what waits is judged by the moment in which it came', async (t) => {
  const { join, broadcast, settled, parts, finish } = await paused({ topics: { busy: {}, a: { history: true } } })
  const [crowd, reader] = [[connection(), connection()], connection()]
  for (const one of crowd) await join(one, 'busy')
  await join(reader, 'a')
  await broadcast.publish('busy', 'm')
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(reader.data, [])
  console.error(parts.subscriptions.topic('a')!.last, parts.delivery.arrivals)
  parts.outages.down()
  await parts.outages.up()
  finish()
  t.same(reader.data, [1])
  t.equal(broadcast.counters.positionsLost, 0)
})

test('whoever is ended by what it is served is ended once', async (t) => {
  const { join, broadcast, settled, parts, finish } = await paused({ topics: { a: {}, b: {} } })
  const [first, slow] = [connection(), connection()]
  for (const reader of [first, slow]) await join(reader, 'a')
  await broadcast.publish('a', 'm', 1)
  await settled()
  slow.onSend = () => {
    slow.state = 'closed'
    parts.subscribing.forget(slow.self)
  }
  const subscription = parts.subscriptions.get(slow.self, 'a')!
  t.notOk(parts.subscribing.end(subscription, 'requested'))
  finish()
  t.same(slow.data, [1])
  t.equal(broadcast.counters.subscriptions, 1)
  await t.rejects(join(slow, 'b'), { code: 'FRT_ERR_CONNECTION_UNFIT' })
})

test('tracers see a delivery from its first subscriber to its last, each in the context of its start', async (t) => {
  const context = new AsyncLocalStorage<string>()
  const seen: Array<string | undefined> = []
  const { join, broadcast, settled, parts, finish } = await paused({ topics: { a: { filter: () => seen.push(context.getStore()) > 0 } } })
  const leaves = connection()
  for (const reader of [connection(), leaves, connection()]) await join(reader, 'a')
  const delivering = tracingChannel('fastify-realtime:deliver')
  const end = (): void => { seen.push(`the end ${context.getStore()}`) }
  delivering.start.bindStore(context, () => 'of the delivery')
  subscribe('tracing:fastify-realtime:deliver:end', end)
  await broadcast.publish('a', 'm', 1)
  await settled()
  t.same(seen, ['of the delivery'])
  context.run('of a request', () => parts.subscribing.end(parts.subscriptions.get(leaves.self, 'a')!, 'requested'))
  finish()
  t.same(seen, ['of the delivery', 'of the delivery', 'of the delivery', 'the end of the delivery'])
  delivering.start.unbindStore(context)
  unsubscribe('tracing:fastify-realtime:deliver:end', end)
})
