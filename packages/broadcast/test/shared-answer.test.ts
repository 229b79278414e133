import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { SharedAnswer } from '../src/shared-answer.ts'

test('those who wait for one answer are told over turns, in order', async (t) => {
  let resolve: (value: string) => void = () => {}
  const shared = new SharedAnswer(new Promise<string>((settle) => { resolve = settle }))
  const told: number[] = []
  // Each has work to do, as long as a turn is for all.
  const busy = (n: number): void => {
    const end = performance.now() + 1
    while (performance.now() < end);
    told.push(n)
  }
  for (let n = 0; n < 40; n++) void shared.get().then(() => busy(n))
  resolve('yes')
  const seen = new Set<number>()
  while (told.length < 40) {
    await setImmediate()
    seen.add(told.length)
  }
  t.same([...seen], [16, 32, 40])
  t.same(told, Array.from({ length: 40 }, (_, n) => n))
})

test('whoever comes when it is there does not wait for the others', async (t) => {
  const shared = new SharedAnswer(Promise.resolve(1))
  const first = Array.from({ length: 1_000 }, () => shared.get())
  await first[0]
  t.equal(await Promise.race([shared.get(), first.at(-1)?.then(() => 'late')]), 1)
  await Promise.all(first)
})

test('a failure is told to all', async (t) => {
  const shared = new SharedAnswer(Promise.reject(new Error('no')))
  const all = await Promise.allSettled(Array.from({ length: 300 }, () => shared.get()))
  t.ok(all.every(({ status }) => status === 'rejected'))
  await t.rejects(shared.get(), { message: 'no' })
})
