/**
 * Checks that several scenarios share. One with `timing` is about milliseconds: short runs show it, and judge it not,
 * because a busy machine must not fail them.
 */

/** What is in the history has to be recovered: nothing may be given up, not even with a word. */
export const nothingSignalled = ({ judged }) =>
  ({ what: 'losses that were told', value: judged.totals.lost, limit: '0', ok: judged.totals.lost === 0 })

export const toldOnceEach = ({ judged: { lostEach, totals } }) => {
  const exact = lostEach.filter((count) => count === 1).length
  const others = [...new Set(lostEach)].filter((count) => count !== 1).map((count) => `${lostEach.filter((other) => other === count).length} of them ${count} times`)
  const also = [...others, ...totals.repeated > 0 ? [`${totals.repeated} publications came again after it`] : []]
  return {
    what: 'subscriptions told of the loss exactly once', value: exact, unit: also.length === 0 ? '' : `(${also.join(', ')})`, limit: `${lostEach.length}`, ok: exact === lostEach.length
  }
}

export const returned = (limit) => ({ returns }) =>
  ({ what: 'clients away, p99', value: returns.p99 ?? 'none', unit: 'ms', limit: `≤ ${limit} ms`, timing: true, ok: returns.count > 0 && returns.p99 <= limit })

/** No connection may be lost to a fault behind the nodes; whoever was kicked is another matter. */
export const nobodyDropped = ({ clients, faults }) => {
  const kicks = faults.filter(({ kind }) => kind === 'kick').map(({ from, planned }) => ({ from, names: new Set(planned.names) }))
  const kicked = (name, at) => kicks.some(({ from, names }) => names.has(name) && at >= from && at < from + 3_000)
  // An attempt that failed is no connection.
  const lost = clients.flatMap(({ name, connections }) => connections
    .filter(({ open, at }, index) => open !== true && connections[index - 1]?.open === true && !kicked(name, at)))
  const codes = [...new Set(lost.map(({ code }) => code))].join(', ')
  return { what: 'connections lost that nobody kicked', value: lost.length, unit: codes === '' ? '' : `(${codes})`, limit: '0', ok: lost.length === 0 }
}

/** From the moment that the broker runs again to each subscription's next publication. */
export const backAfterBroker = (limit) => ({ faults, records }) => {
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
  return { what: 'next publication after the broker runs again, p99', value: p99, unit: 'ms', limit: `≤ ${limit} ms`, timing: true, ok: p99 <= limit }
}

/** Connections that a full queue in the kernel turned away, on the whole machine. */
export const noOverflow = ({ overflows }) =>
  ({ what: 'listen queue overflows of the machine', value: overflows ?? 'unknown here', limit: '0', ok: overflows === undefined || overflows === 0 })
