import assert from 'node:assert/strict'
import { ids } from './bench.ts'
import type { Section } from './check.ts'

export const idempotency: Section = {
  name: 'idempotency',
  applies: () => 'yes',
  checks: [
    {
      name: 'the same id within the window is published once, whoever repeats it',
      async run (bench) {
        const [a, b] = await bench.pair()
        await b.broker.subscribe('c', 't')
        const record = bench.record('t')
        const results = await Promise.all([a, b, a, b].map((node) => node.publish(record, { dedupe: 60_000 })))
        assert.equal(results.filter((result) => !result.duplicate).length, 1)
        await bench.eventually(() => b.got.length > 0, 'the record')
        await bench.quiet()
        assert.equal(b.got.length, 1)
      }
    },
    {
      name: 'the same id elsewhere, or without a window, is no duplicate',
      async run (bench) {
        const node = await bench.node()
        const record = bench.record('t')
        const { duplicate } = await node.publish(record, { dedupe: 60_000 })
        const others = [
          await node.publish({ ...record, topic: 'u' }, { dedupe: 60_000 }),
          await node.publish({ ...record, channel: 'd' }, { dedupe: 60_000 }),
          await node.publish(record)
        ]
        assert.deepEqual([duplicate, ...others.map((result) => result.duplicate)], [false, false, false, false])
      }
    },
    {
      name: 'after the window the id is free again',
      async run (bench) {
        const node = await bench.node()
        const record = bench.record('t')
        await node.publish(record, { dedupe: 200 })
        await bench.pass(400)
        assert.equal((await node.publish(record, { dedupe: 200 })).duplicate, false)
      }
    },
    {
      name: 'a version that is not above the last one is not published, whoever comes with it',
      async run (bench) {
        const [a, b] = await bench.pair()
        await b.broker.subscribe('c', 't')
        const versions = [3, 2, 3, 4]
        const results: boolean[] = []
        for (const [n, version] of versions.entries()) {
          const node = n % 2 === 0 ? a : b
          results.push((await node.publish(bench.record('t', { version, id: `v${n}` }))).duplicate)
        }
        assert.deepEqual(results, [false, true, true, false])
        await bench.eventually(() => b.got.length >= 2, 'both newer records')
        await bench.quiet()
        assert.deepEqual(ids(b.got), ['v0', 'v3'])
      }
    }
  ]
}
