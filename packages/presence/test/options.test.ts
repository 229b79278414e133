import { systemClock } from '@fastify-realtime/protocol'
import t from 'tap'
import type { PresenceOptions } from '../src/options.ts'
import { resolveOptions } from '../src/options.ts'

void t.test('defaults show nobody to nobody', async t => {
  const options = resolveOptions()
  t.same(options, {
    topics: [],
    info: undefined,
    canSee: undefined,
    maxMembers: 500,
    maxWatched: 128,
    grace: 1_000,
    window: 50,
    lease: 30_000,
    clock: systemClock
  })
  t.ok(Object.isFrozen(options) && Object.isFrozen(options.topics))
})

void t.test('what is given is taken, and not changed', async t => {
  const given: PresenceOptions = Object.freeze({
    topics: ['room:*', 'lobby'], info: () => 1, canSee: () => true, maxMembers: 1, maxWatched: 2, grace: 0, window: 1, lease: 1_000
  })
  t.match(resolveOptions(given), given)
})

const wrong: ReadonlyArray<readonly [object, RegExp]> = [
  [{ topics: 'room:*:x' }, /topics must be a list of topics and patterns such as 'room:\*', got room:\*:x/],
  [{ topics: [7] }, /got 7/],
  [{ info: 'name' }, /info must be a function, got string; leave it out/],
  [{ canSee: true }, /canSee must be a function, got boolean/],
  [{ maxMembers: 0 }, /maxMembers must be a whole number from 1 to 10000, got 0/],
  [{ maxWatched: Infinity }, /maxWatched .* got Infinity/],
  [{ grace: -1 }, /grace .* got -1/],
  [{ window: NaN }, /window .* got NaN/],
  [{ lease: 2 ** 31 }, /lease .* got 2147483648/]
]

for (const [given, message] of wrong) {
  void t.test(`${Object.keys(given).join()} that cannot work is refused: ${message.source}`, async t => {
    t.throws(() => resolveOptions(given as PresenceOptions), { code: 'FRT_ERR_PRESENCE_OPTION', message })
  })
}
