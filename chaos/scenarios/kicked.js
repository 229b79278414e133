import { moments } from '../plan.js'
import { nothingSignalled, recoveries, returned } from './checks.js'

/** Clients lose their connection again and again, a quarter of them at a time. */
export const kicked = {
  name: 'kicked',
  title: 'Clients are kicked again and again',
  short: true,
  plan: ({ random, scaled }) => ({
    seconds: scaled(20),
    clients: scaled(50),
    topics: scaled(25),
    rate: scaled(250),
    faults: (names) => moments(random, scaled(10) * 4, scaled(20)).map((at, wave) => ({
      at, kind: 'kick', names: names.filter((_, index) => index % 4 === wave % 4)
    }))
  }),
  checks: (facts) => [
    nothingSignalled(facts),
    recoveries(facts.plan.clients.length * 4)(facts),
    // Two seconds of jitter, and what a busy machine takes to connect.
    returned(4_000)(facts),
    { what: 'connections reset', value: facts.resets, ok: facts.resets > 0 }
  ]
}
