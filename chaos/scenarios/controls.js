import { moments } from '../plan.js'
import { nobodyDropped } from './checks.js'
import { stalled } from './nodes.js'
import { bounded, slowReaders } from './slow-readers.js'

const size = (scaled) => ({ clients: scaled(30, 12), topics: scaled(15, 6), rate: scaled(150, 60), seconds: 8 })

const silentLoss = ({ judged }) => ({ what: 'lost without a word', value: judged.faults.silent, ok: judged.faults.silent === 0 })
const duplicates = ({ judged }) => ({ what: 'delivered twice', value: judged.faults.duplicate, ok: judged.faults.duplicate === 0 })

/** Each control takes one defence out, from outside, and the check that it is there for has to fail. */
export const controls = [
  {
    name: 'control-client-dedupe',
    title: 'Control: the client does not drop what it has seen',
    short: true,
    off: ['client-dedupe'],
    breaks: duplicates,
    plan: ({ random, scaled }) => ({
      ...size(scaled), faults: (names) => moments(random, 3, 8).map((at) => ({ at, kind: 'kick', names }))
    })
  },
  {
    name: 'control-position-check',
    title: 'Control: no position check and no probe, while a line falls silent',
    off: ['position-check'],
    breaks: silentLoss,
    plan: ({ scaled }) => ({ ...size(scaled), faults: () => [{ at: 3_000, kind: 'broker-starve', node: 0 }] })
  },
  {
    name: 'control-outage-check',
    title: 'Control: nobody looks what an outage of the broker cost',
    short: true,
    off: ['outage-check'],
    breaks: silentLoss,
    plan: ({ scaled }) => ({ ...size(scaled), faults: () => [{ at: 3_000, kind: 'broker-cut', node: 0, lasts: 1_500 }] })
  },
  {
    name: 'control-idempotency',
    title: 'Control: a repeated publication id is published again',
    off: ['idempotency'],
    breaks: duplicates,
    plan: ({ scaled }) => ({
      ...size(scaled),
      faults: () => [{ at: 1_500, kind: 'slow', lasts: 5_500, line: { latency: 60 } }, ...[3_000, 4_500, 6_000].map((at) => ({ at, kind: 'cut' }))]
    })
  },
  {
    name: 'control-stall-guard',
    title: 'Control: the heartbeat does not notice that the process stood still',
    off: ['stall-guard'],
    breaks: nobodyDropped,
    plan: stalled.plan
  },
  {
    name: 'control-bound',
    title: 'Control: nothing bounds what waits for a slow reader',
    off: ['bound'],
    breaks: bounded,
    plan: slowReaders.plan
  }
]
