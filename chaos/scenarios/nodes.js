import { nothingSignalled, recoveries, returned } from './checks.js'

export const nodeKilled = {
  name: 'node-killed',
  title: 'A node is killed',
  short: true,
  plan: ({ random, scaled }) => ({
    seconds: 16, clients: scaled(60), topics: scaled(25), rate: scaled(250),
    faults: () => random.sample([0, 1, 2], 2).map((node, index) => ({ at: 3_000 + index * 6_500, kind: 'node-kill', node, lasts: 2_500 }))
  }),
  checks: (facts) => [nothingSignalled(facts), recoveries(facts.plan.clients.length)(facts), returned(3_000)(facts)]
}

export const rollingRestart = {
  name: 'rolling-restart',
  title: 'All nodes are restarted, one after the other',
  plan: ({ scaled }) => ({
    seconds: 24, clients: scaled(150), topics: scaled(50), rate: scaled(150),
    faults: () => [{ at: 2_000, kind: 'rolling-restart', drain: { over: 2_000, deadline: 5_000 }, pause: 1_500 }]
  }),
  checks: (facts) => {
    const saw = facts.clients.filter(({ connections }) => connections.some(({ code }) => code === 1012)).length
    const rate = handshakes(facts)
    return [
      nothingSignalled(facts),
      recoveries(facts.plan.clients.length)(facts),
      { what: 'clients that saw 1012', value: saw, limit: `${facts.clients.length}`, ok: saw === facts.clients.length },
      returned(3_000)(facts),
      { what: 'most handshakes in one second, over two survivors', value: rate, limit: '≤ 600', ok: rate <= 600 }
    ]
  }
}

function handshakes ({ clients, started }) {
  const seconds = new Map()
  for (const { connections } of clients) {
    for (const { at, open } of connections) {
      if (open === true && at > started) seconds.set(Math.floor(at / 1_000), (seconds.get(Math.floor(at / 1_000)) ?? 0) + 1)
    }
  }
  return Math.max(0, ...seconds.values())
}

/** A whole network goes and comes back. */
export const cutAll = {
  name: 'cut-all',
  title: 'All clients are cut at once',
  plan: ({ scaled }) => ({
    seconds: 14, clients: scaled(600), topics: scaled(50), topicsEach: 3, rate: 60, maxDelay: 20_000,
    faults: () => [{ at: 4_000, kind: 'cut' }]
  }),
  checks: (facts) => {
    const { judged, stats, returns, clients } = facts
    const reads = stats.reduce((sum, one) => sum + one.reads, 0)
    return [
      nothingSignalled(facts),
      { what: 'clients that came back', value: returns.count, limit: `≥ ${clients.length}`, ok: returns.count >= clients.length },
      { what: 'the last one was away', value: returns.max, unit: 'ms', limit: '≤ 25000 ms', ok: returns.max <= 25_000 },
      recoveries(clients.length)(facts),
      { what: 'history reads for each recovery', value: Math.round(reads / judged.totals.recovered * 100) / 100, limit: '≤ 2', ok: reads <= judged.totals.recovered * 2 }
    ]
  }
}
