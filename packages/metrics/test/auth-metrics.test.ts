import t from 'tap'
import { authMetrics } from '../src/auth-metrics.ts'
import { TestAuth } from './fixtures.ts'

function setup () {
  const auth = new TestAuth()
  const definitions = authMetrics(auth)
  const read = (name: string) => definitions.find((definition) => definition.name === name)?.read(name)
  return { auth, read }
}

void t.test('refusals are counted by class of reason and by source', async t => {
  const { auth, read } = setup()
  auth.emit('refuse', 'invalid', 'header')
  auth.emit('refuse', 'invalid', 'header')
  auth.emit('refuse', 'missing', undefined)
  t.same(read('credentials_refused_total'), [
    { labels: { reason: 'invalid', source: 'header' }, value: 2 },
    { labels: { reason: 'missing', source: 'none' }, value: 1 }
  ])
})

void t.test('what happens to credentials is counted, and says nothing of whose they are', async t => {
  const { auth, read } = setup()
  for (const [name, times] of [['expire', 1], ['revoke', 2], ['refresh', 3], ['ticket', 4]] as const) {
    for (let n = 0; n < times; n++) auth.emit(name)
  }
  t.same(['expired', 'revoked', 'refreshed'].map((name) => read(`credentials_${name}_total`)),
    [1, 2, 3].map((value) => [{ labels: {}, value }]))
  t.same(read('tickets_issued_total'), [{ labels: {}, value: 4 }])
})
