import { backAfterBroker, nobodyDropped, nothingSignalled, toldOnceEach } from './checks.js'
import { kickAll, kills } from './faults.js'

const size = (scaled) => ({ clients: scaled(60), topics: scaled(30), rate: scaled(400) })

export const redisKilled = {
  name: 'redis-killed',
  title: 'Redis with an append-only file (always) is killed under load',
  short: true,
  plan: ({ random, scaled }) => {
    const seconds = Math.max(10, scaled(25))
    return {
      seconds, clients: scaled(60), topics: scaled(50), topicsEach: 4, rate: scaled(2_000), fsync: 'always',
      faults: (names) => [...kickAll(names, 1_000), ...kills(random, scaled(5, 2), seconds)]
    }
  },
  checks: (facts) => [nothingSignalled(facts), nobodyDropped(facts), backAfterBroker(2_000)(facts)]
}

/** Redis may lose what it acknowledged when its disk is busy; then everybody has to be told. */
export const redisEverysec = {
  name: 'redis-everysec',
  title: 'Redis with an append-only file (everysec) is killed under load',
  plan: ({ random, scaled }) => ({
    ...size(scaled), seconds: 15, fsync: 'everysec', faults: (names) => [...kickAll(names, 1_000), ...kills(random, scaled(3), 15)]
  }),
  checks: (facts) => [nobodyDropped(facts), backAfterBroker(2_000)(facts), { what: 'losses that were told', value: facts.judged.totals.lost, ok: true }]
}

export const redisForgetful = {
  name: 'redis-forgetful',
  title: 'Redis without an append-only file is killed',
  plan: ({ scaled }) => ({
    ...size(scaled), clients: scaled(100), seconds: 10, fsync: 'off',
    faults: (names) => [...kickAll(names, 1_000), { at: 5_000, kind: 'broker-kill', lasts: 500 }]
  }),
  checks: (facts) => [nobodyDropped(facts), backAfterBroker(2_000)(facts), toldOnceEach(facts)]
}

export const redisEmptied = {
  name: 'redis-emptied',
  title: 'Redis is emptied',
  plan: ({ scaled }) => ({
    ...size(scaled), clients: scaled(100), seconds: 10, fsync: 'off',
    faults: (names) => [...kickAll(names, 1_000), { at: 5_000, kind: 'broker-empty' }]
  }),
  checks: (facts) => [nobodyDropped(facts), toldOnceEach(facts)]
}

export const redisStopped = {
  name: 'redis-stopped',
  title: 'Redis stands still',
  plan: ({ scaled }) => {
    const lasts = Math.min(15, scaled(15, 5))
    return {
      ...size(scaled), rate: scaled(150), seconds: 10 + lasts, fsync: 'everysec',
      faults: (names) => [...kickAll(names, 1_000), { at: 4_000, kind: 'broker-stop', lasts: lasts * 1_000 }]
    }
  },
  checks: (facts) => {
    const { outcome: { loops } } = facts.faults.find(({ kind }) => kind === 'broker-stop')
    const p99 = Math.round(Math.max(...loops.map((loop) => loop.p99)))
    const refusals = facts.failures.filter(({ why }) => why.startsWith('HTTP')).map(({ took }) => took)
    const slowest = Math.round(Math.max(0, ...refusals))
    return [
      nobodyDropped(facts),
      { what: 'publications refused', value: refusals.length, ok: refusals.length > 0 },
      { what: 'the slowest refusal', value: slowest, unit: 'ms', limit: '≤ 2100 ms', timing: true, ok: slowest <= 2_100 },
      { what: 'event loop meanwhile, p99 of the slowest node', value: p99, unit: 'ms', limit: '< 50 ms', timing: true, ok: p99 < 50 },
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
    faults: (names) => [
      ...kickAll(names, 1_000),
      { at: 3_500, kind: 'broker-starve', node: 0, lasts: 6_000 },
      { at: 12_000, kind: 'broker-cut', node: 1, lasts: 1_500 }
    ]
  }),
  checks: (facts) => [nobodyDropped(facts), nothingSignalled(facts)]
}
