import { moments } from '../plan.js'
import { backAfterRedis, nobodyDropped, nothingSignalled, recoveries } from './checks.js'

const size = (scaled) => ({ clients: scaled(45), topics: scaled(25), rate: scaled(400) })

const kills = (random, count, seconds) => moments(random, count, seconds).map((at) =>
  ({ at, kind: 'redis-kill', lasts: Math.round(random.between(300, 1_000)) }))

export const redisKilled = {
  name: 'redis-killed',
  title: 'Redis with an append-only file (always) is killed under load',
  short: true,
  plan: ({ random, scaled }) => ({ ...size(scaled), seconds: 20, fsync: 'always', faults: () => kills(random, scaled(5), 20) }),
  checks: (facts) => [nothingSignalled(facts), nobodyDropped(facts), recoveries(facts.plan.clients.length)(facts), backAfterRedis(2_000)(facts)]
}

/** Redis may lose what it acknowledged when its disk is busy; then everybody has to be told. */
export const redisEverysec = {
  name: 'redis-everysec',
  title: 'Redis with an append-only file (everysec) is killed under load',
  plan: ({ random, scaled }) => ({ ...size(scaled), seconds: 15, fsync: 'everysec', faults: () => kills(random, scaled(3), 15) }),
  checks: (facts) => [nobodyDropped(facts), backAfterRedis(2_000)(facts), { what: 'losses that were told', value: facts.judged.totals.lost, ok: true }]
}

export const redisForgetful = {
  name: 'redis-forgetful',
  title: 'Redis without an append-only file is killed',
  plan: ({ scaled }) => ({ ...size(scaled), seconds: 10, fsync: 'off', faults: () => [{ at: 4_000, kind: 'redis-kill', lasts: 500 }] }),
  checks: (facts) => [nobodyDropped(facts), backAfterRedis(2_000)(facts), onceEach(facts)]
}

export const redisEmptied = {
  name: 'redis-emptied',
  title: 'Redis is emptied',
  plan: ({ scaled }) => ({ ...size(scaled), seconds: 10, fsync: 'off', faults: () => [{ at: 4_000, kind: 'redis-empty' }] }),
  checks: (facts) => [nobodyDropped(facts), onceEach(facts)]
}

function onceEach ({ judged }) {
  const exact = judged.lostEach.filter((count) => count === 1).length
  return { what: 'subscriptions told of the loss exactly once', value: exact, limit: `${judged.lostEach.length}`, ok: exact === judged.lostEach.length }
}

export const redisStopped = {
  name: 'redis-stopped',
  title: 'Redis stands still',
  plan: ({ scaled }) => ({
    ...size(scaled), rate: scaled(150), seconds: 10 + Math.min(15, scaled(8)), fsync: 'everysec',
    faults: () => [{ at: 4_000, kind: 'redis-stop', lasts: Math.min(15, scaled(8)) * 1_000 }]
  }),
  checks: (facts) => {
    const [{ outcome: { loops } }] = facts.faults
    const p99 = Math.round(Math.max(...loops.map((loop) => loop.p99)))
    return [
      nobodyDropped(facts),
      { what: 'the slowest refusal', value: facts.failed.max, unit: 'ms', limit: '≤ 2100 ms', ok: facts.failed.max <= 2_100 },
      { what: 'event loop meanwhile, p99 of the slowest node', value: p99, unit: 'ms', limit: '< 50 ms', ok: p99 < 50 },
      nothingSignalled(facts)
    ]
  }
}

/** The line that brings publications to one node falls silent; later all lines of another one are cut. */
export const redisStarved = {
  name: 'redis-starved',
  title: 'A node hears nothing of Redis any more, another is cut off',
  plan: ({ scaled }) => ({
    ...size(scaled), seconds: 18,
    faults: () => [
      { at: 2_500, kind: 'redis-starve', node: 0, lasts: 6_000 },
      { at: 12_000, kind: 'redis-cut', node: 1, lasts: 1_500 }
    ]
  }),
  checks: (facts) => [nobodyDropped(facts), nothingSignalled(facts), recoveries(facts.plan.clients.length)(facts)]
}
