import t from 'tap'
import type { ConnectionFilter } from '../src/index.ts'
import { LocalNode } from '../src/local-node.ts'
import { FakePool } from './fixtures.ts'

function build (): { readonly pool: FakePool, readonly local: LocalNode } {
  const pool = new FakePool()
  pool.add('c1', 'ada')
  pool.add('c2', 'ada', '10.0.0.2', '/admin')
  pool.add('c3', 'bob', '10.0.0.2')
  pool.add('c4', null)
  return { pool, local: new LocalNode('n1', pool) }
}

function ids (local: LocalNode, filter: ConnectionFilter, limit = 10): string[] {
  return local.answer({ kind: 'connections', filter, limit }).connections.map((connection) => connection.id)
}

void t.test('all given fields must match', async (t) => {
  const { local } = build()
  t.same(ids(local, {}), ['c1', 'c2', 'c3', 'c4'])
  t.same(ids(local, { principal: 'ada' }), ['c1', 'c2'])
  t.same(ids(local, { principal: 'ada', address: '10.0.0.2' }), ['c2'])
  t.same(ids(local, { address: '10.0.0.2' }), ['c2', 'c3'])
  t.same(ids(local, { route: '/admin' }), ['c2'])
  t.same(ids(local, { id: 'c3' }), ['c3'])
  t.same(ids(local, { id: 'c3', principal: 'ada' }), [])
  t.same(ids(local, { id: 'gone' }), [])
  t.same(ids(local, { node: 'n1', id: 'c1' }), ['c1'])
  t.same(ids(local, { node: 'n2' }), [])
})

void t.test('a list is bounded and its count is not', async (t) => {
  const { local } = build()
  const answer = local.answer({ kind: 'connections', filter: {}, limit: 2 })
  t.equal(answer.count, 4)
  t.same(answer.connections, [
    { id: 'c1', node: 'n1', principal: 'ada', address: '10.0.0.1', route: '/ws', openedAt: 7, pressure: 0 },
    { id: 'c2', node: 'n1', principal: 'ada', address: '10.0.0.2', route: '/admin', openedAt: 7, pressure: 0 }
  ])
  t.equal(local.answer({ kind: 'connections', filter: { id: 'c4' }, limit: 2 }).connections[0]?.principal, null)
})

void t.test('disconnect ends what matches, with the reason, and nothing else', async (t) => {
  const { pool, local } = build()
  const reason = { code: 4502, reason: 'forbidden' }
  t.same(local.answer({ kind: 'disconnect', filter: { principal: 'ada' }, reason }), { count: 2, connections: [], topics: [] })
  t.same(pool.closed, [['c1', reason], ['c2', reason]])
  t.equal(pool.size, 2)
})

void t.test('a connection that was told to go counts no more', async (t) => {
  const { pool, local } = build()
  Object.assign(pool.get('c3') as object, { state: 'closing' })
  t.same(ids(local, {}), ['c1', 'c2', 'c4'])
  t.match(local.answer({ kind: 'disconnect', filter: { id: 'c3' }, reason: { code: 4502, reason: 'forbidden' } }), { count: 0 })
  t.same(pool.closed, [])
})

void t.test('topics are those of broadcast, the largest first; without it nobody is subscribed', async (t) => {
  const { pool, local } = build()
  t.same(ids(local, { topic: 'room:1' }), [])
  t.same(local.answer({ kind: 'topics', limit: 5 }), { count: 0, connections: [], topics: [] })
  local.topics = {
    subscribers: (topic) => topic === 'room:1' ? [...pool] : [],
    topics: () => [{ topic: 'a', subscribers: 1 }, { topic: 'b', subscribers: 3 }, { topic: 'c', subscribers: 2 }]
  }
  t.same(ids(local, { topic: 'room:1' }), ['c1', 'c2', 'c3', 'c4'])
  t.same(ids(local, { topic: 'room:1', principal: 'ada' }), ['c1', 'c2'])
  t.same(ids(local, { topic: 'room:1', address: '10.0.0.2' }), ['c2', 'c3'])
  t.same(local.answer({ kind: 'topics', limit: 2 }), {
    count: 3, connections: [], topics: [{ topic: 'b', subscribers: 3 }, { topic: 'c', subscribers: 2 }]
  })
})
