import { nothingSignalled } from './checks.js'

/** Everything that a line can do to clients and publishers alike. */
export const badLines = {
  name: 'bad-lines',
  title: 'Lines are slow, narrow, cut in pieces, half-open, down',
  plan: ({ random, scaled }) => ({
    seconds: 24, clients: scaled(40), topics: scaled(20), rate: scaled(120),
    faults: (names) => [
      { at: 1_500, kind: 'slow', lasts: 3_000, line: { latency: 80, jitter: 60 } },
      { at: 3_000, kind: 'cut' },
      { at: 6_000, kind: 'slow', lasts: 2_500, line: { latency: 1, slice: 7 } },
      { at: 10_000, kind: 'slow', lasts: 2_500, line: { latency: 20, bandwidth: 200_000 * Math.max(1, scaled(1)) } },
      { at: 11_500, kind: 'cut' },
      { at: 13_500, kind: 'half-open', names: random.sample(names, Math.ceil(names.length / 4)), lasts: 9_000 },
      { at: 15_000, kind: 'down', lasts: 1_000 }
    ]
  }),
  checks: (facts) => [
    nothingSignalled(facts),
    { what: 'pieces of bytes delayed', value: facts.line.delayed, ok: facts.line.delayed > 0 },
    { what: 'chunks cut in slices', value: facts.line.sliced, ok: facts.line.sliced > 0 },
    { what: 'bytes that vanished in half-open lines', value: facts.line.swallowed, ok: facts.line.swallowed > 0 }
  ]
}
