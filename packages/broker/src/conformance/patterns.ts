import assert from 'node:assert/strict'
import { ids } from './bench.ts'
import type { Section } from './check.ts'

export const patterns: Section = {
  name: 'patterns',
  applies: (broker) => broker.patterns === true ? 'yes' : 'absent',
  checks: [
    {
      name: 'a pattern stands for exactly one level, and ends like a topic',
      async run (bench) {
        const [a, b] = await bench.pair()
        await b.broker.subscribe('c', 'price:*')
        for (const topic of ['price:1', 'price', 'price:1:2', 'prices:1', 'other:price:1', 'price:2']) {
          await a.publish(bench.record(topic, { id: topic }))
        }
        await a.publish({ ...bench.record('price:1'), channel: 'd' })
        await bench.eventually(() => b.got.length >= 2, 'the records that the pattern covers')
        await bench.quiet()
        assert.deepEqual(ids(b.got), ['price:1', 'price:2'])
        assert.deepEqual(b.got.map((record) => record.topic), ['price:1', 'price:2'])
        await b.broker.unsubscribe('c', 'price:*')
        await a.publish(bench.record('price:3'))
        await bench.quiet()
        assert.equal(b.got.length, 2)
      }
    },
    {
      name: 'a node that wants a topic and its pattern gets each record once, as long as it wants either',
      async run (bench) {
        const node = await bench.node()
        const said: string[] = []
        const publish = async (id: string): Promise<void> => {
          said.push(id)
          await node.publish(bench.record('price:1', { id }))
          await bench.eventually(() => node.got.length >= said.length, `the record ${id}`)
        }
        await node.broker.subscribe('c', 'price:*')
        await publish('pattern')
        await node.broker.subscribe('c', 'price:1')
        await publish('both')
        await node.broker.unsubscribe('c', 'price:*')
        await publish('topic')
        await node.broker.subscribe('c', 'price:*')
        await node.broker.unsubscribe('c', 'price:1')
        await publish('pattern again')
        await node.broker.unsubscribe('c', 'price:*')
        await node.publish(bench.record('price:1', { id: 'none' }))
        await bench.quiet()
        assert.deepEqual(ids(node.got), said)
      }
    },
    {
      name: 'a lone asterisk covers the topics of one level',
      async run (bench) {
        const node = await bench.node()
        await node.broker.subscribe('c', '*')
        for (const topic of ['a', 'a:b', 'b']) await node.publish(bench.record(topic, { id: topic }))
        await bench.eventually(() => node.got.length >= 2, 'the records that the pattern covers')
        await bench.quiet()
        assert.deepEqual(ids(node.got), ['a', 'b'])
      }
    }
  ]
}
