import { moments } from '../plan.js'

/** Clients lose their connection again and again, each at its own time. */
export const kicked = {
  name: 'kicked',
  title: 'Clients are kicked again and again',
  short: true,
  plan: ({ random, scaled }) => {
    const seconds = scaled(20)
    const resets = scaled(10)
    return {
      seconds,
      clients: scaled(50),
      topics: scaled(25),
      rate: scaled(250),
      faults: (names) => {
        const waves = resets * 4
        const order = names.map((name, index) => ({ name, turn: index % 4 }))
        return moments(random, waves, seconds).map((at, wave) => ({
          at, kind: 'kick', names: order.filter(({ turn }) => turn === wave % 4).map(({ name }) => name)
        }))
      }
    }
  },
  checks: ({ judged, plan, returns, resets }) => [
    { what: 'nothing was lost with a signal either', value: judged.totals.lost, ok: judged.totals.lost === 0 },
    { what: 'recoveries of subscriptions', value: judged.totals.recovered, limit: `≥ ${Math.round(plan.clients.length * 4)}`, ok: judged.totals.recovered >= plan.clients.length * 4 },
    { what: 'connections reset', value: resets, ok: resets > 0 },
    { what: 'back after a kick, p99', value: returns.p99, unit: 'ms', ok: true }
  ]
}
