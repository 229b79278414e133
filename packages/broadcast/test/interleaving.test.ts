import fc from 'fast-check'
import { test } from 'tap'
import { withoutBuffer, withoutEpochs, withoutSerialInterests } from './model/broken-guards.ts'
import { fails, played } from './model/play.ts'
import type { Command } from './model/play.ts'

const commands: fc.Arbitrary<Command[]> = fc.array(fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('publish' as const), client: fc.constant(0) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('subscribe' as const, 'unsubscribe' as const, 'disconnect' as const), client: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('forget' as const, 'kick' as const, 'check' as const), client: fc.nat(1) }) }
), { maxLength: 24 })

/** One client that comes and goes: what interests are about. */
const churn: fc.Arbitrary<Command[]> = fc.array(fc.record({
  kind: fc.constantFrom('publish' as const, 'subscribe' as const, 'unsubscribe' as const, 'disconnect' as const), client: fc.constant(0)
}), { minLength: 6, maxLength: 24 })

test('whatever happens in whatever order, everybody gets everything once and in order, and nothing is left', async () => {
  await fc.assert(played(commands), { numRuns: 500 })
})

test('so it is when publications wait for each other', async () => {
  await fc.assert(played(commands, { topic: { coalesce: { maxDelay: 10 } } }), { numRuns: 100 })
})

test('so it is for those who take deltas, which the model reads by position alone', async () => {
  await fc.assert(played(commands, { topic: { delta: true } }), { numRuns: 100 })
})

for (const topic of [{}, { delta: true }]) {
  test('so it is when a delivery pauses between any two subscribers', async () => {
    await fc.assert(played(commands, { topic, paused: true }), { numRuns: 500 })
  })
}

test('without the merge buffer this fails', async (t) => {
  t.ok(await fails(commands, { guards: withoutBuffer }))
})

test('without the epoch check this fails', async (t) => {
  t.ok(await fails(commands, { guards: withoutEpochs }))
})

test('without interests that are serial per topic this fails', async (t) => {
  t.ok(await fails(churn, { guards: withoutSerialInterests }))
})
