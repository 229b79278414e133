import { nothingSignalled } from './checks.js'
import { kickAll } from './faults.js'

const MAX_BYTES = 1_048_576
const FAT = 49_152
/** The first clients have a topic with large publications to themselves, and half of them stop reading. */
const HEAVY = 6

/**
 * Clients that stop reading, while more is meant for each of them than the kernel takes (some 10 MB on one machine). Their
 * neighbours must not notice.
 */
export const slowReaders = {
  name: 'slow-readers',
  title: 'Clients stop reading',
  plan: ({ random }) => ({
    seconds: 18, clients: HEAVY + 20, topics: 12, rate: 480,
    padOf: (index) => index < 2 ? FAT : 64,
    topicsOf: (index, [fat, ...lean]) => index < HEAVY ? [fat] : lean,
    // Only the bound may end them: the heartbeat is in no hurry here.
    beat: { interval: 20_000, timeout: 20_000 }, heartbeatTimeout: 20_000,
    faults: (names) => [
      { at: 3_000, kind: 'stop-reading', names: random.sample(names.slice(0, HEAVY), HEAVY / 2), lasts: 9_000, late: 1_000 },
      ...[1_000, 6_000, 13_000].flatMap((at) => kickAll(names.slice(HEAVY), at))
    ]
  }),
  checks: (facts) => [nothingSignalled(facts), bounded(facts), left(facts)]
}

/** What waits for one reader is at most its limit and the publication that passed it. */
export const bounded = ({ faults, stats }) => {
  const slow = faults.find(({ kind }) => kind === 'stop-reading').planned.names.length
  const limit = slow * (MAX_BYTES + 2 * FAT)
  const most = Math.max(...stats.map(({ pressure }) => pressure))
  return { what: 'bytes that waited on one node for slow readers, at most', value: most, limit: `≤ ${limit}`, ok: most <= limit }
}

const left = ({ clients, plan }) => {
  const { names } = plan.faults.find(({ kind }) => kind === 'stop-reading')
  const ended = clients.filter(({ name, connections }) => names.includes(name) && connections.some(({ code }) => code !== undefined)).length
  return { what: `slow readers that were ended, of ${names.length}`, value: ended, limit: '> 0', ok: ended > 0 }
}
