import assert from 'node:assert/strict'
import type { PresenceEntry, PresenceStore } from '../contract.ts'
import { at } from './bench.ts'
import type { Bench } from './bench.ts'
import type { Section } from './check.ts'

async function stores (bench: Bench): Promise<[PresenceStore, PresenceStore]> {
  const [a, b] = await bench.pair()
  assert.ok(a.broker.presence !== undefined && b.broker.presence !== undefined, 'no presence')
  await a.broker.presence.renew('n1', 60_000)
  await b.broker.presence.renew('n2', 60_000)
  return [a.broker.presence, b.broker.presence]
}

function entry (principal: string, connection: string, node: string, info?: unknown): PresenceEntry {
  return { principal, connection, node, ...info !== undefined && { info } }
}

export const presence: Section = {
  name: 'presence',
  applies: (broker) => broker.presence === undefined ? 'absent' : 'yes',
  checks: [
    {
      name: 'several connections of one principal fold into one member, across nodes',
      async run (bench) {
        const [a, b] = await stores(bench)
        const changes = [
          await a.join('t', entry('ada', 'c1', 'n1')),
          await b.join('t', entry('ada', 'c2', 'n2')),
          await b.join('t', entry('bob', 'c3', 'n2')),
          await a.leave('t', 'c1'),
          await a.leave('t', 'c1'),
          await b.leave('t', 'c2')
        ]
        assert.deepEqual(changes.map((change) => change.changed), [true, false, true, false, false, true])
        const list = await a.list('t', 10)
        assert.deepEqual([list.members, list.count], [[entry('bob', 'c3', 'n2')], 1])
      }
    },
    {
      name: 'the version grows with every change, also after the topic was empty',
      async run (bench) {
        const [a, b] = await stores(bench)
        const versions: number[] = []
        for (const store of [a, b]) {
          versions.push((await store.join('t', entry('ada', 'c1', 'n1'))).version)
          versions.push((await store.leave('t', 'c1')).version)
        }
        assert.deepEqual(versions, [...new Set(versions)].sort((x, y) => x - y))
        const empty = await a.list('t', 10)
        assert.equal(empty.count, 0)
        assert.ok(empty.version >= at(versions, 3), 'the version of an empty topic went back')
      }
    },
    {
      name: 'a change that says which version it follows says it truly',
      async run (bench) {
        const [a, b] = await stores(bench)
        const changes = [
          await a.join('t', entry('ada', 'c1', 'n1')),
          await b.join('t', entry('bob', 'c2', 'n2')),
          await a.leave('t', 'c1'),
          await b.leave('t', 'c2'),
          await a.join('t', entry('ada', 'c3', 'n1'))
        ]
        const versions = changes.map((change) => change.version)
        const follows = [0, ...versions.slice(0, 3), 0]
        for (const [n, { previous = at(follows, n) }] of changes.entries()) assert.equal(previous, at(follows, n))
      }
    },
    {
      name: 'the newest entry speaks for its principal, and joining again replaces it',
      async run (bench) {
        const [a, b] = await stores(bench)
        await a.join('t', entry('ada', 'c1', 'n1', { mood: 'old' }))
        await b.join('t', entry('ada', 'c2', 'n2', { mood: 'ü' }))
        assert.deepEqual((await a.list('t', 10)).members, [entry('ada', 'c2', 'n2', { mood: 'ü' })])
        await b.join('t', entry('ada', 'c2', 'n2', { mood: 'new' }))
        assert.deepEqual((await a.list('t', 10)).members, [entry('ada', 'c2', 'n2', { mood: 'new' })])
        await b.leave('t', 'c2')
        assert.deepEqual((await a.list('t', 10)).members, [entry('ada', 'c1', 'n1', { mood: 'old' })])
      }
    },
    {
      name: 'a list is bounded and its count is not; topics are apart',
      async run (bench) {
        const [a, b] = await stores(bench)
        for (let n = 0; n < 5; n++) await a.join('t', entry(`p${n}`, `c${n}`, 'n1'))
        await a.join('u', entry('eve', 'c9', 'n1'))
        const list = await b.list('t', 2)
        assert.deepEqual([list.members.length, list.count], [2, 5])
        assert.equal((await b.list('u', 0)).count, 1)
        assert.deepEqual(await b.leave('u', 'c0').then((change) => change.changed), false)
      }
    },
    {
      name: 'the entries of a node whose lease ended are reaped, and told to exactly one',
      async run (bench) {
        const [a, b] = await stores(bench)
        await b.renew('n2', 200)
        await a.join('t', entry('ada', 'c1', 'n1'))
        await b.join('t', entry('ada', 'c2', 'n2'))
        await b.join('t', entry('bob', 'c3', 'n2', 1))
        await b.join('t', entry('bob', 'c4', 'n2', 2))
        assert.deepEqual(await a.reap(), [])
        await bench.pass(400)
        const told = (await Promise.all([a.reap(), b.reap()])).flat()
        assert.deepEqual(told.map((gone) => [gone.principal, gone.topic, gone.node]), [['bob', 't', 'n2']])
        const list = await a.list('t', 10)
        assert.deepEqual(list.members, [entry('ada', 'c1', 'n1')])
        assert.equal(list.version, at(told, 0).version)
      }
    },
    {
      name: 'of racing joins and leaves of one principal one makes the change',
      async run (bench) {
        const [a, b] = await stores(bench)
        const racers = Array.from({ length: 6 }, (_, n) => ({ store: n % 2 === 0 ? a : b, own: entry('ada', `c${n}`, `n${n % 2 + 1}`) }))
        const joined = await Promise.all(racers.map(({ store, own }) => store.join('t', own)))
        assert.equal(joined.filter(({ changed }) => changed).length, 1)
        assert.equal((await a.list('t', 10)).count, 1)
        const left = await Promise.all(racers.map(({ store, own }) => store.leave('t', own.connection)))
        assert.equal(left.filter(({ changed }) => changed).length, 1)
        assert.equal((await b.list('t', 10)).count, 0)
      }
    },
    {
      name: 'a renewed lease keeps its entries',
      async run (bench) {
        const [a, b] = await stores(bench)
        await a.renew('n1', 300)
        await a.join('t', entry('ada', 'c1', 'n1'))
        await bench.pass(200)
        await a.renew('n1', 300)
        await bench.pass(200)
        assert.deepEqual(await b.reap(), [])
        assert.equal((await b.list('t', 10)).count, 1)
      }
    }
  ]
}
