import t from 'tap'
import { ending, isCloseCode } from '../src/ending.ts'

t.test('our own reason counts before what the peer wrote', async (t) => {
  t.same(ending({ code: 1012, reason: 'restarting' }, 1000, 'bye'), { code: 1012, reason: 'restarting', by: 'server' })
  t.same(ending(undefined, 1000, 'bye'), { code: 1000, reason: 'bye', by: 'client' })
  t.same(ending(undefined, 1006, ''), { code: 1006, reason: '', by: 'network' })
})

t.test('only codes that may travel are close codes', async (t) => {
  for (const code of [1000, 1003, 1007, 1014, 3000, 4999]) t.ok(isCloseCode(code), String(code))
  for (const code of [999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, NaN]) t.notOk(isCloseCode(code), String(code))
})
