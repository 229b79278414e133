import { forbidden, judge } from './judge.js'
import { absences, latencies, spread, witnesses } from './figures.js'

/** All that is asked of a run: what every run must show, and what its scenario asks for. */
export function verdictOf (scenario, run) {
  const judged = judge(run)
  const faults = run.faults.map((fault) => ({ ...fault, witnesses: witnesses(run, fault) }))
  const acknowledged = run.publications.filter(({ ackedAt }) => ackedAt !== undefined).length
  const facts = {
    ...run,
    faults,
    judged,
    acknowledged,
    returns: spread(absences(run.clients)),
    latency: spread(latencies(run.records, run.publications)),
    failed: spread(run.failures.map(({ took }) => took)),
    resets: faults.reduce((sum, { outcome }) => sum + (outcome?.reset ?? 0), 0)
  }
  const checks = scenario.expects === undefined
    ? [...promise(facts), ...work(facts), ...scenario.checks(facts)]
    : [...control(scenario, facts), ...work(facts).slice(0, 2)]
  return { facts, checks, ok: checks.every(({ ok }) => ok) }
}

function promise ({ judged, settled, clients, plan }) {
  const refused = clients.flatMap((client) => client.refused)
  const intrusions = plan.clients.reduce((sum, client) => sum + client.forbidden.length, 0)
  return [
    ...forbidden.map((name) => ({ what: names[name], value: judged.faults[name], limit: '0', ok: judged.faults[name] === 0 })),
    { what: 'published twice in a history', value: judged.doubled, limit: '0', ok: judged.doubled === 0 },
    { what: 'every client live at the end', value: settled ? 'yes' : 'no', ok: settled },
    { what: 'subscriptions to another tenant refused', value: refused.filter(({ code }) => code === 'forbidden').length, limit: `${intrusions}`, ok: refused.length === intrusions && refused.every(({ code }) => code === 'forbidden') }
  ]
}

const names = {
  silent: 'lost without a word', duplicate: 'delivered twice', reorder: 'out of order', phantom: 'never published', leak: 'of another tenant or topic'
}

/** A run in which nothing happened proves nothing. That nobody but the checker feels a fault is what some controls are about. */
function work ({ publications, acknowledged, faults, judged }) {
  const share = acknowledged / publications.length
  return [
    { what: 'intended publications acknowledged', value: `${(share * 100).toFixed(1)} % of ${publications.length}`, limit: '≥ 95 %', ok: share >= 0.95 },
    { what: 'deliveries', value: judged.totals.delivered, ok: judged.totals.delivered > publications.length },
    { what: 'faults that somebody felt', value: faults.filter((fault) => fault.witnesses > 0).length, limit: `${faults.length}`, ok: faults.every((fault) => fault.witnesses > 0) }
  ]
}

/** With a defence switched off the checker has to find what that defence is there for. */
function control ({ expects }, { judged }) {
  return expects.map((name) => ({ what: `found: ${names[name]}`, value: judged.faults[name], limit: '> 0', ok: judged.faults[name] > 0 }))
}
