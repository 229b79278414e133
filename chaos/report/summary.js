import { brokers } from '../world/brokers.js'

const BUCKET = 250

/** What is kept of a run: figures, checks, and what the timeline shows; not every delivery. */
export function summary (scenario, plan, facts, checks, ok) {
  const { judged, started, ended, faults, acknowledged, publications, returns, latency, failed, stats, log, resets, line, handshakes, overflows, cpu } = facts
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
    faults: faults.map(({ kind, from, to, outcome, witnesses }) => ({ kind, from: from - started, to: (to ?? from) - started, outcome, witnesses })),
    log: log.map(({ at, who, what }) => ({ at: at - started, who, what })),
    stats,
    timeline: timeline(facts, ended + 5_000 - started)
  }
}

/** Counts for each quarter of a second. */
function timeline ({ started, records, publications, failures, clients }, length) {
  const size = Math.ceil(length / BUCKET)
  const lanes = { delivered: [], acknowledged: [], failed: [], lost: [], recovered: [], signalled: [] }
  for (const lane of Object.keys(lanes)) lanes[lane] = Array.from({ length: size }, () => 0)
  const add = (lane, at) => {
    const bucket = Math.floor((at - started) / BUCKET)
    if (bucket >= 0 && bucket < size) lanes[lane][bucket]++
  }
  for (const { rows } of records) {
    for (const { kind, at } of rows) {
      if (kind === 'publication') add('delivered', at)
      else if (kind === 'recovered') add('recovered', at)
      else if (kind === 'lost') add('signalled', at)
    }
  }
  for (const { ackedAt } of publications) if (ackedAt !== undefined) add('acknowledged', ackedAt)
  for (const { at, took } of failures) add('failed', at + took)
  for (const { connections } of clients) for (const { at, open } of connections) if (open !== true) add('lost', at)
  return { bucket: BUCKET, ...lanes }
}
