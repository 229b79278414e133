import { moments } from '../plan.js'
import { nothingSignalled, returned } from './checks.js'

/** Clients lose their connection again and again, a quarter of them at a time. */
export const kicked = {
  name: 'kicked',
  title: 'Clients are kicked again and again',
  short: true,
  plan: ({ random, scaled }) => {
    const seconds = scaled(40)
    const resets = scaled(20)
    return {
      seconds, resets, clients: scaled(100), topics: scaled(50), rate: scaled(500), maxDelay: 500,
      faults: (names) => moments(random, resets * 4, seconds).map((at, wave) => ({
        at, kind: 'kick', names: names.filter((_, index) => index % 4 === wave % 4)
      }))
    }
  },
  checks: (facts) => {
    const intended = facts.plan.resets * facts.plan.clients.length
    return [
      nothingSignalled(facts),
      { what: 'connections reset', value: facts.resets, limit: `≥ 90 % of ${intended}`, timing: true, ok: facts.resets >= 0.9 * intended },
      returned(2_000)(facts)
    ]
  }
}
