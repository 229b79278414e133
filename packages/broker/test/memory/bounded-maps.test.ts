import t from 'tap'
import { NewestVersions } from '../../src/memory/newest-versions.ts'
import { RecentIds } from '../../src/memory/recent-ids.ts'
import { Records } from '../../src/memory/records.ts'

void t.test('an id is known until its window ends', async (t) => {
  const ids = new RecentIds(10)
  ids.add('a', { epoch: 'e', offset: 1 }, 100)
  ids.add('b', undefined, 50)
  t.same(ids.find('a', 99)?.position, { epoch: 'e', offset: 1 })
  t.equal(ids.find('a', 100), undefined)
  t.equal(ids.find('c', 0), undefined)
})

void t.test('ids are swept from the oldest on', async (t) => {
  const ids = new RecentIds(10)
  for (const [id, until] of [['a', 10], ['b', 20], ['c', 10]] as const) ids.add(id, undefined, until)
  ids.sweep(15)
  t.equal(ids.size, 2)
  ids.sweep(20)
  t.equal(ids.size, 0)
})

void t.test('the oldest ids go first when there are too many', async (t) => {
  const ids = new RecentIds(4)
  for (let n = 0; n < 100; n++) {
    ids.add(String(n), undefined, 100)
    t.ok(ids.size <= 4)
    for (let last = Math.max(n - 1, 0); last <= n; last++) t.ok(ids.find(String(last), 0), 'the newest half is there')
  }
  t.equal(ids.find('90', 0), undefined)
})

void t.test('only a newer version is accepted, and the longest unchanged topic is forgotten first', async (t) => {
  const versions = new NewestVersions(4)
  t.equal(versions.accept('a', 2), true)
  t.equal(versions.accept('a', 2), false)
  t.equal(versions.accept('a', 1), false)
  t.equal(versions.accept('b', 1), true)
  t.equal(versions.accept('a', 3), true)
  t.equal(versions.accept('a', 3), false)
  t.equal(versions.accept('c', 1), true)
  t.equal(versions.accept('d', 1), true)
  t.equal(versions.accept('c', 1), false)
  t.ok(versions.size <= 4)
  t.equal(versions.accept('b', 1), true)
})

void t.test('records beyond the bound are refused, unless old ones make room', async (t) => {
  const records = new Records(2)
  records.put('a', '1', 10, 0)
  records.put('b', '1', 20, 0)
  t.throws(() => records.put('c', '1', 20, 0), { code: 'FRT_ERR_BROKER_UNAVAILABLE', statusCode: 503 })
  records.put('b', '2', 20, 0)
  t.equal(records.putIfAbsent('c', '3', 20, 10), true)
  t.same(records.list('', 10), [{ key: 'b', value: '2' }, { key: 'c', value: '3' }])
  t.equal(records.size, 2)
})
