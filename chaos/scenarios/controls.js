import { moments } from '../plan.js'

const size = (scaled) => ({ clients: scaled(30), topics: scaled(15), rate: scaled(150), seconds: 8 })

/** Each control takes one defence out, from outside, and has to be found out by the checker. */
export const controls = [
  {
    name: 'control-client-dedupe',
    title: 'Control: the client does not drop what it has seen',
    short: true,
    off: ['client-dedupe'],
    expects: ['duplicate'],
    plan: ({ random, scaled }) => ({
      ...size(scaled), faults: (names) => moments(random, 3, 8).map((at) => ({ at, kind: 'kick', names }))
    })
  },
  {
    name: 'control-position-check',
    title: 'Control: no position check and no probe, while a line falls silent',
    off: ['position-check'],
    expects: ['silent'],
    plan: ({ scaled }) => ({ ...size(scaled), faults: () => [{ at: 3_000, kind: 'redis-starve', node: 0 }] })
  },
  {
    name: 'control-outage-check',
    title: 'Control: nobody looks what an outage of the broker cost',
    short: true,
    off: ['outage-check'],
    expects: ['silent'],
    plan: ({ scaled }) => ({ ...size(scaled), faults: () => [{ at: 3_000, kind: 'redis-cut', node: 0, lasts: 1_500 }] })
  },
  {
    name: 'control-idempotency',
    title: 'Control: a repeated publication id is published again',
    off: ['idempotency'],
    expects: ['duplicate'],
    plan: ({ scaled }) => ({
      ...size(scaled),
      faults: () => [{ at: 1_500, kind: 'slow', lasts: 5_500, line: { latency: 60 } }, ...[3_000, 4_500, 6_000].map((at) => ({ at, kind: 'cut' }))]
    })
  }
]
