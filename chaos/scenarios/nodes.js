import { nobodyDropped, noOverflow, nothingSignalled, returned } from './checks.js'
import { kickAll } from './faults.js'

export const nodeKilled = {
  name: 'node-killed',
  title: 'A node is killed',
  short: true,
  plan: ({ random, scaled }) => ({
    seconds: 16, clients: scaled(120), topics: scaled(50), rate: scaled(500),
    faults: () => random.sample([0, 1, 2], 2).map((node, index) => ({ at: 3_000 + index * 6_500, kind: 'node-kill', node, lasts: 2_500 }))
  }),
  checks: (facts) => [nothingSignalled(facts), returned(3_000)(facts)]
}

/** Nobody may be taken for dead because the node itself stood still. */
export const stalled = {
  name: 'node-stalled',
  title: 'A node stands still and goes on',
  plan: ({ scaled }) => ({
    seconds: 14, clients: scaled(120), topics: scaled(30), rate: scaled(150),
    faults: (names) => [...kickAll(names, 1_000), { at: 4_000, kind: 'node-stall', node: 1, lasts: 6_000, late: 1_000 }]
  }),
  checks: (facts) => [nothingSignalled(facts), nobodyDropped(facts)]
}

export const rollingRestart = {
  name: 'rolling-restart',
  title: 'All nodes are restarted, one after the other',
  plan: ({ scaled }) => ({
    seconds: 32, clients: scaled(3_000), topics: scaled(300), topicsEach: 2, rate: scaled(300),
    faults: () => [{ at: 2_000, kind: 'rolling-restart', drain: { over: 5_000, deadline: 8_000 }, pause: 2_000 }]
  }),
  checks: (facts) => {
    const saw = facts.clients.filter(({ connections }) => connections.some(({ code }) => code === 1012)).length
    const most = Math.max(0, ...facts.handshakes.map(({ most }) => most))
    return [
      nothingSignalled(facts),
      { what: 'clients that saw 1012', value: saw, limit: `${facts.clients.length}`, ok: saw === facts.clients.length },
      returned(3_000)(facts),
      { what: 'most new handshakes in one second of one node', value: most, limit: '≤ 300', ok: most <= 300 },
      noOverflow(facts)
    ]
  }
}

/**
 * A whole network goes and comes back. Servers, clients and the line between them share one small machine here, so an attempt
 * may take long before its client gives it up.
 */
export const cutAll = {
  name: 'cut-all',
  title: 'All clients are cut at once',
  plan: ({ scaled }) => ({
    seconds: 20, clients: scaled(5_000), topics: scaled(50), topicsEach: 1, rate: 50, maxDelay: 20_000, connectTimeout: 20_000, holds: 40,
    faults: () => [{ at: 4_000, kind: 'cut' }]
  }),
  checks: (facts) => {
    const { judged, stats, returns, clients } = facts
    const reads = stats.reduce((sum, one) => sum + one.reads, 0)
    return [
      nothingSignalled(facts),
      { what: 'clients that came back', value: returns.count, limit: `≥ ${clients.length}`, ok: returns.count >= clients.length },
      { what: 'the last one was away', value: returns.max, unit: 'ms', limit: '≤ 25000 ms', timing: true, ok: returns.max <= 25_000 },
      { what: 'history reads for each recovery', value: Math.round(reads / judged.totals.recovered * 100) / 100, limit: '≤ 2', ok: reads <= judged.totals.recovered * 2 },
      noOverflow(facts)
    ]
  }
}
