import assert from 'node:assert/strict'
import { ids, rejectsUnavailable } from './bench.ts'
import type { Check, Section } from './check.ts'

/** As long as a topic may be, with every character that it may hold. */
const LONGEST_TOPIC = `a.b_c~d@e+f=g%20-h:${'x'.repeat(236)}`

const fanOut: Check[] = [
  {
    name: 'a record reaches every subscribed node, the publisher too, as it was published',
    async run (bench) {
      const [a, b] = await bench.pair()
      for (const node of [a, b]) await node.broker.subscribe('c', LONGEST_TOPIC)
      const record = bench.record(LONGEST_TOPIC, {
        event: 'chat.message', payload: '{"text":"Grüße, 世界 🙂"}', except: 'connection-1', version: 7, trace: '00-ab-cd-01'
      })
      assert.equal((await a.publish(record)).duplicate, false)
      for (const node of [a, b]) {
        await bench.eventually(() => node.got.length > 0, 'the record on every node')
        assert.deepEqual(node.got, [record])
      }
    }
  },
  {
    name: 'bytes stay bytes and text stays text, also when large',
    async run (bench) {
      const [a, b] = await bench.pair()
      await b.broker.subscribe('c', 't')
      const bytes = Uint8Array.from({ length: 262_144 }, (_, index) => index % 256)
      await a.publish(bench.record('t', { payload: bytes }))
      await a.publish(bench.record('t', { payload: 'é'.repeat(262_144) }))
      await bench.eventually(() => b.got.length === 2, 'both records')
      const payload = b.got[0]?.payload
      assert.ok(payload instanceof Uint8Array, 'bytes came as text')
      assert.ok(bytes.every((byte, index) => payload[index] === byte), 'the bytes changed')
      assert.ok(b.got[1]?.payload === 'é'.repeat(262_144), 'the text changed')
    }
  },
  {
    name: 'deliver is never called inside publish',
    async run (bench) {
      const node = await bench.node()
      await node.broker.subscribe('c', 't')
      const publishing = node.publish(bench.record('t'))
      assert.equal(node.got.length, 0)
      await publishing
      await bench.eventually(() => node.got.length === 1, 'the record')
    }
  },
  {
    name: 'a record reaches nobody on other topics and channels',
    async run (bench) {
      const [a, b] = await bench.pair()
      await a.broker.subscribe('c', 'room:1')
      await b.broker.subscribe('d', 'room:1')
      await b.broker.subscribe('c', 'room:11')
      await b.publish(bench.record('room:1'))
      await bench.eventually(() => a.got.length === 1, 'the record')
      await bench.quiet()
      assert.equal(b.got.length, 0)
    }
  },
  {
    name: 'all nodes see one order, and in it each publisher its own',
    async run (bench) {
      const [a, b] = await bench.pair()
      const c = await bench.node()
      for (const node of [a, b, c]) await node.broker.subscribe('c', 't')
      const work: Array<Promise<unknown>> = []
      for (let n = 0; n < 100; n++) {
        work.push(a.publish(bench.record('t', { id: `a${n}` })), b.publish(bench.record('t', { id: `b${n}` })))
      }
      await Promise.all(work)
      for (const node of [a, b, c]) await bench.eventually(() => node.got.length === 200, '200 records on each node')
      assert.deepEqual(ids(b.got), ids(a.got))
      assert.deepEqual(ids(c.got), ids(a.got))
      for (const publisher of ['a', 'b']) {
        const own = ids(a.got).filter((id) => id.startsWith(publisher))
        assert.deepEqual(own, Array.from({ length: 100 }, (_, n) => `${publisher}${n}`))
      }
    }
  }
]

const interest: Check[] = [
  {
    name: 'once subscribe has settled, every later record comes',
    async run (bench) {
      const [a, b] = await bench.pair()
      for (let n = 0; n < 30; n++) {
        await b.broker.subscribe('c', `t${n}`)
        await a.publish(bench.record(`t${n}`))
      }
      await bench.eventually(() => b.got.length === 30, 'a record on each of 30 topics')
    }
  },
  {
    name: 'subscribing twice is the same as once',
    async run (bench) {
      const node = await bench.node()
      await Promise.all([node.broker.subscribe('c', 't'), node.broker.subscribe('c', 't')])
      await node.publish(bench.record('t'))
      await bench.eventually(() => node.got.length > 0, 'the record')
      await node.broker.unsubscribe('c', 't')
      await node.publish(bench.record('t'))
      await bench.quiet()
      assert.equal(node.got.length, 1)
    }
  },
  {
    name: 'once unsubscribe has settled nothing more comes, until subscribed again',
    async run (bench) {
      const [a, b] = await bench.pair()
      for (const node of [a, b]) await node.broker.subscribe('c', 't')
      await b.broker.unsubscribe('c', 't')
      await b.broker.unsubscribe('c', 'never')
      await a.publish(bench.record('t', { id: 'first' }))
      await bench.eventually(() => a.got.length === 1, 'the record where it is wanted')
      await bench.quiet()
      assert.equal(b.got.length, 0)
      await b.broker.subscribe('c', 't')
      await a.publish(bench.record('t', { id: 'second' }))
      await bench.eventually(() => b.got.length > 0, 'the record after subscribing again')
      assert.deepEqual(ids(b.got), ['second'])
    }
  },
  {
    name: 'subscribe and unsubscribe of one topic take effect in the order of the calls',
    async run (bench) {
      const node = await bench.node()
      const { broker } = node
      await Promise.all([broker.subscribe('c', 't'), broker.unsubscribe('c', 't'), broker.subscribe('c', 't')])
      await Promise.all([broker.subscribe('c', 'u'), broker.unsubscribe('c', 'u')])
      await node.publish(bench.record('u'))
      await node.publish(bench.record('t', { id: 'wanted' }))
      await bench.eventually(() => node.got.length > 0, 'the record of the topic that stayed subscribed')
      await bench.quiet()
      assert.deepEqual(ids(node.got), ['wanted'])
    }
  }
]

const ending: Check[] = [
  {
    name: 'stop loses no accepted work',
    async run (bench) {
      const [a, b] = await bench.pair()
      await b.broker.subscribe('c', 't')
      const work = Array.from({ length: 50 }, (_, n) => a.publish(bench.record('t', { id: String(n) })))
      const stopping = a.broker.stop()
      await Promise.all(work)
      await stopping
      await bench.eventually(() => b.got.length >= 50, 'what was accepted before the stop')
      assert.deepEqual(ids(b.got), Array.from({ length: 50 }, (_, n) => String(n)))
    }
  },
  {
    name: 'a stopped node gets nothing, publishes nothing and stops again in peace; the others go on',
    async run (bench) {
      const [a, b] = await bench.pair()
      for (const node of [a, b]) await node.broker.subscribe('c', 't')
      await a.broker.stop()
      await a.broker.stop()
      await rejectsUnavailable(bench, a.publish(bench.record('t')), 'publish after stop')
      await b.publish(bench.record('t'))
      await bench.eventually(() => b.got.length === 1, 'the record on the node that lives')
      await bench.quiet()
      assert.equal(a.got.length, 0)
    }
  }
]

export const delivery: Section = {
  name: 'delivery',
  applies: () => 'yes',
  checks: [...fanOut, ...interest, ...ending]
}
