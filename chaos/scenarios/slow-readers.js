import { moments } from '../plan.js'
import { nothingSignalled } from './checks.js'

const MAX_BYTES = 1_048_576
const SECONDS = 16

/**
 * Clients that stop reading, while more is meant for each of them than the kernel takes (some 10 MB on one machine). The
 * others are kicked meanwhile, and must not notice more than that.
 */
export const slowReaders = {
  name: 'slow-readers',
  title: 'Clients stop reading',
  plan: ({ random }) => ({
    seconds: SECONDS, clients: 12, topics: 2, topicsEach: 1, rate: 100, pad: 32_768, maxDelay: 500,
    // Only the bound may end them: the heartbeat is in no hurry here.
    beat: { interval: 20_000, timeout: 20_000 }, heartbeatTimeout: 20_000,
    faults: (names) => {
      const slow = random.sample(names, 3)
      const others = names.filter((name) => !slow.includes(name))
      return [
        { at: 3_000, kind: 'stop-reading', names: slow, lasts: 9_000, late: 1_000 },
        ...moments(random, 25, SECONDS).map((at) => ({ at, kind: 'kick', names: others }))
      ]
    }
  }),
  checks: (facts) => [nothingSignalled(facts), bounded(facts), left(facts)]
}

/** What waits for one reader is at most its limit and the publication that passed it. */
export const bounded = ({ faults, plan, stats }) => {
  const slow = faults.find(({ kind }) => kind === 'stop-reading').planned.names.length
  const limit = slow * (MAX_BYTES + 2 * plan.pad)
  const most = Math.max(...stats.map(({ pressure }) => pressure))
  return { what: 'bytes that waited on one node for slow readers, at most', value: most, limit: `≤ ${limit}`, ok: most <= limit }
}

const left = ({ clients, plan }) => {
  const { names } = plan.faults.find(({ kind }) => kind === 'stop-reading')
  const ended = clients.filter(({ name, connections }) => names.includes(name) && connections.some(({ code }) => code !== undefined)).length
  return { what: 'slow readers that were ended', value: ended, limit: `${names.length}`, ok: ended === names.length }
}
