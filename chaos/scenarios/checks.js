/** Checks that several scenarios share. */

/** What is in the history has to be recovered: nothing may be given up, not even with a word. */
export const nothingSignalled = ({ judged }) =>
  ({ what: 'losses that were told', value: judged.totals.lost, limit: '0', ok: judged.totals.lost === 0 })

export const recoveries = (least) => ({ judged }) =>
  ({ what: 'recoveries', value: judged.totals.recovered, limit: `≥ ${least}`, ok: judged.totals.recovered >= least })

export const returned = (limit) => ({ returns }) =>
  ({ what: 'clients away, p99', value: returns.p99 ?? 'none', unit: 'ms', limit: `≤ ${limit} ms`, ok: returns.count > 0 && returns.p99 <= limit })

/** No connection may be lost to a fault behind the nodes. */
export const nobodyDropped = ({ clients }) => {
  const lost = clients.reduce((sum, { connections }) => sum + connections.filter(({ open }) => open !== true).length, 0)
  return { what: 'connections lost', value: lost, limit: '0', ok: lost === 0 }
}

/** From the moment that Redis runs again to each subscription's next publication. */
export const backAfterRedis = (limit) => ({ faults, records }) => {
  const waits = []
  for (const { outcome } of faults) {
    if (outcome?.backAt === undefined) continue
    for (const { rows } of records) {
      const next = rows.find(({ kind, at }) => kind === 'publication' && at >= outcome.backAt)
      if (next !== undefined) waits.push(next.at - outcome.backAt)
    }
  }
  waits.sort((one, other) => one - other)
  const p99 = Math.round(waits[Math.floor(waits.length * 0.99)])
  return { what: 'next publication after Redis runs again, p99', value: p99, unit: 'ms', limit: `≤ ${limit} ms`, ok: p99 <= limit }
}
