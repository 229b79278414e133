import assert from 'node:assert/strict'
import type { RecordStore } from '../contract.ts'
import type { Bench } from './bench.ts'
import type { Section } from './check.ts'

async function stores (bench: Bench): Promise<[RecordStore, RecordStore]> {
  const [a, b] = await bench.pair()
  assert.ok(a.broker.records !== undefined && b.broker.records !== undefined, 'no records')
  return [a.broker.records, b.broker.records]
}

async function keys (store: RecordStore, prefix: string): Promise<string[]> {
  return (await store.list(prefix)).map((entry) => entry.key).sort()
}

export const records: Section = {
  name: 'records',
  applies: (broker) => broker.records === undefined ? 'absent' : 'yes',
  checks: [
    {
      name: 'what one node puts every node lists by prefix, until it is deleted',
      async run (bench) {
        const [a, b] = await stores(bench)
        await a.put('r:1', 'one', 60_000)
        await a.put('r:2', 'zwölf', 60_000)
        await a.put('s:1', 'other', 60_000)
        await a.put('r:2', 'two', 60_000)
        const found = [...await b.list('r:')].sort((x, y) => x.key.localeCompare(y.key))
        assert.deepEqual(found, [{ key: 'r:1', value: 'one' }, { key: 'r:2', value: 'two' }])
        await b.delete('r:1')
        await b.delete('never')
        assert.deepEqual(await keys(a, ''), ['r:2', 's:1'])
      }
    },
    {
      name: 'one is read by its key alone, on every node',
      async run (bench) {
        const [a, b] = await stores(bench)
        await a.put('g:1', 'zwölf', 60_000)
        await a.put('g:10', 'longer', 60_000)
        await a.put('g:2', '', 60_000)
        assert.equal(await b.get('g:1'), 'zwölf')
        assert.equal(await b.get('g:2'), '', 'an empty value is a value')
        assert.equal(await b.get('g:'), undefined, 'the beginning of a key is none')
        await b.delete('g:1')
        assert.equal(await a.get('g:1'), undefined)
      }
    },
    {
      name: 'a prefix is taken literally',
      async run (bench) {
        const [a] = await stores(bench)
        for (const key of ['a*b', 'a[x]b', 'a?b', 'axb', 'a\\b']) await a.put(key, 'v', 60_000)
        for (const prefix of ['a*', 'a[x', 'a?', 'a\\']) assert.equal((await keys(a, prefix)).length, 1, prefix)
      }
    },
    {
      name: 'a value ends with its time to live, which a new put begins anew',
      async run (bench) {
        const [a, b] = await stores(bench)
        await a.put('k1', 'v', 300)
        await a.put('k2', 'v', 300)
        await bench.pass(200)
        await b.put('k2', 'w', 300)
        await bench.pass(200)
        assert.deepEqual(await a.list('k'), [{ key: 'k2', value: 'w' }])
        assert.deepEqual([await b.get('k1'), await b.get('k2')], [undefined, 'w'])
      }
    },
    {
      name: 'of racing callers exactly one puts what is absent, and once it ended one may again',
      async run (bench) {
        const [a, b] = await stores(bench)
        const race = async (): Promise<number> => {
          const told = await Promise.all([a, b, a, b, a, b].map((store, n) => store.putIfAbsent('claim', String(n), 200)))
          return told.filter(Boolean).length
        }
        assert.equal(await race(), 1)
        await bench.pass(400)
        assert.equal(await race(), 1)
        await a.delete('claim')
        assert.equal(await race(), 1)
      }
    }
  ]
}
