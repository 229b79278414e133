import assert from 'node:assert/strict'
import type { Position } from '@fastify-realtime/protocol'
import { ids, rejectsUnavailable } from './bench.ts'
import type { Bench } from './bench.ts'
import type { Section } from './check.ts'
import type { ConformanceCluster } from './subject.ts'

function handle (bench: Bench): NonNullable<ConformanceCluster['outage']> {
  assert.ok(bench.cluster.outage !== undefined)
  return bench.cluster.outage
}

export const outage: Section = {
  name: 'outage',
  applies: (_broker, cluster) => cluster.outage === undefined ? 'not tried' : 'yes',
  checks: [
    {
      name: 'an outage is told, refuses work in time, and its end is told too',
      async run (bench) {
        const node = await bench.node()
        await handle(bench).begin()
        await bench.eventually(() => node.states.at(-1) === false, 'state(false)')
        await rejectsUnavailable(bench, node.publish(bench.record('t')), 'publish during the outage')
        await handle(bench).end()
        await bench.eventually(() => node.states.at(-1) === true, 'state(true)')
        assert.deepEqual(node.states, [false, true])
        assert.equal((await node.publish(bench.record('t'))).duplicate, false)
      }
    },
    {
      name: 'subscriptions come back by themselves, ended ones do not',
      async run (bench) {
        const [a, b] = await bench.pair()
        for (const topic of ['t', 'u']) await b.broker.subscribe('c', topic)
        await handle(bench).begin()
        await bench.eventually(() => b.states.at(-1) === false, 'state(false)')
        await Promise.allSettled([b.broker.unsubscribe('c', 'u')])
        await handle(bench).end()
        for (const node of [a, b]) await bench.eventually(() => node.states.at(-1) === true, 'state(true)')
        await a.publish(bench.record('u'))
        await a.publish(bench.record('t', { id: 'after' }))
        await bench.eventually(() => b.got.length > 0, 'a record after the outage')
        await bench.quiet()
        assert.deepEqual(ids(b.got), ['after'])
      }
    },
    {
      name: 'what was acknowledged before it is there after it, or its epoch is not',
      async run (bench) {
        const node = await bench.node()
        const { history } = node.broker
        if (history === undefined) return
        const publish = async (id: string): Promise<Position> => {
          const { position } = await node.publish(bench.record('t', { id }), { history: { size: 10, ttl: 60_000 } })
          assert.ok(position !== undefined, 'no position')
          return position
        }
        const before = await publish('before')
        await handle(bench).begin()
        await bench.eventually(() => node.states.at(-1) === false, 'state(false)')
        await handle(bench).end()
        await bench.eventually(() => node.states.at(-1) === true, 'state(true)')
        const { position, records } = await history.read('c', 't', { limit: 10 })
        assert.ok(position.epoch !== before.epoch || ids(records).join() === 'before', 'it was forgotten')
        const after = await publish('after')
        assert.ok(after.epoch !== before.epoch || after.offset > before.offset, 'a position was given twice')
      }
    },
    {
      name: 'a subscribe during the outage never hangs, and when it settles it holds',
      async run (bench) {
        const [a, b] = await bench.pair()
        await handle(bench).begin()
        await bench.eventually(() => b.states.at(-1) === false, 'state(false)')
        const subscribing = b.broker.subscribe('c', 't').then(() => true, () => false)
        const held = await bench.settles(subscribing, 'subscribe during the outage')
        await handle(bench).end()
        for (const node of [a, b]) await bench.eventually(() => node.states.at(-1) === true, 'state(true)')
        await a.publish(bench.record('t'))
        await bench.eventually(() => b.got.length >= Number(held), 'the record that subscribe promised')
        await bench.quiet()
        assert.equal(b.got.length, Number(held), 'a subscription that failed was left behind')
      }
    }
  ]
}

export const foreign: Section = {
  name: 'foreign bytes',
  applies: (_broker, cluster) => cluster.inject === undefined ? 'not tried' : 'yes',
  checks: [
    {
      name: 'bytes that are no record are dropped and counted, and records go on coming',
      async run (bench) {
        const node = await bench.node()
        await node.broker.subscribe('c', 't')
        const texts = ['', 'x', '{}', '[]', '{"channel":1}', '\u0000\u0001\uFFFF', 'null']
        const rubbish = [...texts.map((text) => Buffer.from(text)), Uint8Array.of(255, 254, 0, 192)]
        for (const bytes of rubbish) await bench.cluster.inject?.('c', 't', bytes)
        await node.publish(bench.record('t', { id: 'good' }))
        await bench.eventually(() => node.got.length > 0, 'the record after the rubbish')
        assert.deepEqual(ids(node.got), ['good'])
        assert.equal(node.broker.malformed, rubbish.length)
      }
    }
  ]
}
