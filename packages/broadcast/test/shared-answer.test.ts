import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { SharedAnswer } from '../src/shared-answer.ts'

test('those who wait for one answer get it a few in each turn', async (t) => {
  let resolve: (value: string) => void = () => {}
  const answer = new Promise<string>((settle) => { resolve = settle })
  const shared = new SharedAnswer(answer, ({ length }) => length)
  const told: string[] = []
  for (let n = 0; n < 7; n++) void shared.get().then((value) => told.push(`${value} ${n}`))
  resolve('yes')
  const seen: number[] = []
  while (told.length < 7) {
    await setImmediate()
    seen.push(told.length)
  }
  t.equal(seen[0], 3, 'three letters, three at once')
  t.ok(seen.length > 1)
  t.same(told, Array.from({ length: 7 }, (_, n) => `yes ${n}`))
})

test('whoever comes when it is there does not wait for the others', async (t) => {
  const shared = new SharedAnswer(Promise.resolve(1), () => 1)
  const first = [shared.get(), shared.get(), shared.get()]
  await first[0]
  t.equal(await Promise.race([shared.get(), first[2]?.then(() => 'late')]), 1)
  await Promise.all(first)
})

test('a failure is told to all', async (t) => {
  const shared = new SharedAnswer(Promise.reject(new Error('no')), () => 1)
  const all = await Promise.allSettled(Array.from({ length: 300 }, () => shared.get()))
  t.ok(all.every(({ status }) => status === 'rejected'))
  await t.rejects(shared.get(), { message: 'no' })
})
