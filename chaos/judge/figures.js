/** `{ p50, p99, max, count }` of milliseconds, rounded. */
export function spread (values) {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share) => sorted.length === 0 ? undefined : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 10) / 10
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: sorted.length }
}

/** How long clients were away: from a loss to the next welcome. */
export function absences (clients) {
  const gaps = []
  for (const { connections } of clients) {
    let left
    for (const { at, open } of connections) {
      if (open !== true) left ??= at
      else if (left !== undefined) {
        gaps.push(at - left)
        left = undefined
      }
    }
  }
  return gaps
}

/** How long after each publication was intended its deliveries came, without those that had to be published again. */
export function latencies (records, publications) {
  const all = []
  for (const { rows } of records) {
    for (const { kind, n, at } of rows) {
      if (kind === 'publication' && publications[n]?.attempts === 1) all.push(at - publications[n].at)
    }
  }
  return all
}

/** Signs that somebody felt a fault: lost connections, failed attempts, nodes without broker, interruptions, late deliveries. */
export function witnesses ({ clients, records, failures, log, publications }, { from, to = from, planned }) {
  const within = (at) => at >= from - 5 && at <= to + 3_000
  const count = (list, test) => list.reduce((sum, entry) => test(entry) ? sum + 1 : sum, 0)
  const late = planned.line?.latency ?? planned.late
  return clients.reduce((sum, { connections }) => sum + count(connections, ({ at, open }) => open !== true && within(at)), 0) +
    count(failures, ({ at, took }) => within(at + took)) +
    count(log, ({ at, what }) => what === 'broker down' && within(at)) +
    records.reduce((sum, { rows }) => sum + count(rows, ({ kind, at, n }) => within(at) &&
      (kind === 'recovered' || kind === 'lost' || (late !== undefined && kind === 'publication' && at - publications[n].at >= late))), 0)
}
