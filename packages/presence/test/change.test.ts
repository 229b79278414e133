import t from 'tap'
import { decodeChange, encodeChange } from '../src/change.ts'
import type { Change } from '../src/change.ts'

void t.test('a change survives the way to another node', async t => {
  const changes: Change[] = [
    { kind: 'joined', member: { principal: 'ada', info: { name: 'Ada' } }, version: 4, previous: 0 },
    { kind: 'left', member: { principal: 'ada' }, version: 5 }
  ]
  for (const change of changes) t.same(decodeChange(encodeChange(change)), change)
})

void t.test('what is not a change is ignored', async t => {
  const member = { principal: 'ada' }
  for (const payload of [
    new Uint8Array(3), '{', '1', 'null',
    JSON.stringify({ kind: 'moved', member, version: 1 }),
    JSON.stringify({ kind: 'left', member, version: '1' }),
    JSON.stringify({ kind: 'left', member, version: 1, previous: 'x' }),
    JSON.stringify({ kind: 'left', member: 'ada', version: 1 }),
    JSON.stringify({ kind: 'left', member: null, version: 1 }),
    JSON.stringify({ kind: 'left', member: {}, version: 1 }),
    JSON.stringify({ kind: 'left', member: { principal: 7 }, version: 1 })
  ]) t.equal(decodeChange(payload), undefined)
})
