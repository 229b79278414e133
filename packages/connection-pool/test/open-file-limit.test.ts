import t from 'tap'
import { openFileLimit } from '../src/open-file-limit.ts'

t.test('reads the soft limit', async (t) => {
  t.equal(openFileLimit(() => 'Limit  Soft  Hard\nMax open files            20000                30000                files\n'), 20_000)
  t.ok(openFileLimit() > 0)
})

t.test('a system that has none, or does not tell, is given a number', async (t) => {
  t.equal(openFileLimit(() => 'Max open files            unlimited            unlimited            files\n'), 65_536)
  t.equal(openFileLimit(() => { throw new Error('ENOENT') }), 65_536)
})
