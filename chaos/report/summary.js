import { brokers } from '../world/brokers.js'

const BUCKET = 250

/** What is kept of a run: figures, checks, and what the timeline shows; not every delivery. */
export function summary (scenario, facts, checks, ok) {
  const { plan, judged, started, acknowledged, publications, returns, latency, failed, stats, resets, line, handshakes, overflows, cpu } = facts
  const since = (at) => Math.round((at - started) * 10) / 10
  return {
    name: scenario.name,
    title: scenario.title,
    control: scenario.breaks !== undefined,
    off: plan.off,
    ok,
    checks,
    plan: {
      clients: plan.clients.length, topics: plan.topics.length, rate: plan.rate, seconds: plan.seconds, nodes: plan.nodes, broker: brokers[plan.broker].label(plan),
      history: plan.history, faults: plan.faults
    },
    figures: { intended: publications.length, acknowledged, ...judged.totals, verdicts: judged.verdicts, returns, latency, failed, resets, line, handshakes, overflows, cpu },
    faultCounts: { ...judged.faults, doubled: judged.doubled },
    examples: judged.examples,
    faults: facts.faults.map(({ kind, from, to, outcome, witnesses }) => ({ kind, from: since(from), to: since(to ?? from), outcome, witnesses })),
    log: facts.log.map(({ at, who, what }) => ({ at: since(at), who, what })),
    stats,
    timeline: timeline(facts)
  }
}

/** Counts for each quarter of a second; of deliveries also how long the slowest took. */
function timeline ({ started, ended, records, publications, failures, clients }) {
  const size = Math.ceil((ended + 1_000 - started) / BUCKET)
  const lanes = { delivered: [], latest: [], acknowledged: [], failed: [], lost: [], opened: [], recovered: [], signalled: [] }
  for (const lane of Object.keys(lanes)) lanes[lane] = Array.from({ length: size }, () => 0)
  const bucketOf = (at) => Math.floor((at - started) / BUCKET)
  const add = (lane, at) => {
    const bucket = bucketOf(at)
    if (bucket >= 0 && bucket < size) lanes[lane][bucket]++
  }
  for (const { rows } of records) {
    for (const { kind, at, n } of rows) {
      if (kind === 'publication') {
        add('delivered', at)
        const bucket = bucketOf(at)
        if (bucket >= 0 && bucket < size) lanes.latest[bucket] = Math.max(lanes.latest[bucket], Math.round(at - (publications[n]?.at ?? at)))
      } else if (kind === 'recovered') add('recovered', at)
      else if (kind === 'lost') add('signalled', at)
    }
  }
  for (const { ackedAt } of publications) if (ackedAt !== undefined) add('acknowledged', ackedAt)
  for (const { at, took } of failures) add('failed', at + took)
  for (const { connections } of clients) for (const { at, open } of connections) add(open === true ? 'opened' : 'lost', at)
  return { bucket: BUCKET, ...lanes }
}
