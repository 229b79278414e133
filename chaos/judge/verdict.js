import { forbidden, judge } from './judge.js'
import { absences, latencies, spread, witnesses } from './figures.js'

/** All that is asked of a run: what every run must show, and what its scenario asks for. */
export function verdictOf (scenario, run) {
  const judged = judge(run)
  const faults = run.faults.map((fault) => ({ ...fault, witnesses: witnesses(run, fault) }))
  const facts = {
    ...run,
    faults,
    judged,
    acknowledged: run.publications.filter(({ ackedAt }) => ackedAt !== undefined).length,
    returns: spread(absences(run.clients)),
    latency: spread(latencies(run.records, run.publications)),
    failed: spread(run.failures.map(({ took }) => took)),
    resets: faults.reduce((sum, { outcome }) => sum + (outcome?.reset ?? 0), 0)
  }
  const checks = scenario.breaks === undefined
    ? [...promise(facts), ...work(facts), ...proof(facts), ...scenario.checks(facts)]
    : [found(scenario.breaks(facts)), ...work(facts)]
  const judgedNow = checks.map((check) => check.timing === true && !run.plan.timed ? { ...check, ok: true, limit: `${check.limit}, not judged here` } : check)
  return { facts, checks: judgedNow, ok: judgedNow.every(({ ok }) => ok) }
}

const names = {
  silent: 'lost without a word', duplicate: 'delivered twice', reorder: 'out of order', phantom: 'never published', leak: 'of another tenant or topic'
}

function promise ({ judged, settled, clients, plan, log }) {
  const refused = clients.flatMap((client) => client.refused)
  const intrusions = plan.clients.reduce((sum, client) => sum + client.forbidden.length, 0)
  const crashed = log.filter(({ what }) => what.startsWith('crashed')).length
  return [
    ...forbidden.map((name) => ({ what: names[name], value: judged.faults[name], limit: '0', ok: judged.faults[name] === 0 })),
    { what: 'published twice in a history', value: judged.doubled, limit: '0', ok: judged.doubled === 0 },
    { what: 'subscriptions that never went live', value: judged.neverLive, limit: '0', ok: judged.neverLive === 0 },
    { what: 'every client live at the end', value: settled ? 'yes' : 'no', ok: settled },
    { what: 'nodes that ended by themselves', value: crashed, limit: '0', ok: crashed === 0 },
    { what: 'subscriptions to another tenant refused', value: refused.filter(({ code }) => code === 'forbidden').length, limit: `${intrusions}`, ok: refused.length === intrusions && refused.every(({ code }) => code === 'forbidden') }
  ]
}

/** A run in which nothing happened proves nothing. */
function work ({ publications, acknowledged, judged }) {
  const share = acknowledged / publications.length
  return [
    { what: 'intended publications acknowledged', value: `${(share * 100).toFixed(1)} % of ${publications.length}`, limit: '≥ 95 %', ok: share >= 0.95 },
    { what: 'deliveries', value: judged.totals.delivered, limit: `> ${publications.length}`, ok: judged.totals.delivered > publications.length }
  ]
}

/** That nobody but the checker feels a fault is what some controls are about. */
function proof ({ faults, judged, plan }) {
  const felt = faults.filter((fault) => fault.witnesses > 0).length
  const seconds = Math.floor(plan.history.size / plan.rate * plan.topics.length)
  return [
    { what: 'faults that somebody felt', value: felt, limit: `${plan.faults.length}`, ok: felt === plan.faults.length },
    { what: 'recoveries', value: judged.totals.recovered, limit: `≥ ${plan.recoveries}`, ok: judged.totals.recovered >= plan.recoveries },
    { what: 'history holds the traffic of', value: seconds, unit: 's', limit: '≥ 10 s', ok: seconds >= 10 }
  ]
}

/** With a defence switched off its check has to fail. */
function found ({ what, value, limit = '0', ok }) {
  return { what: `found: ${what}`, value, limit: limit.startsWith('≤') ? limit.replace('≤', '>') : `> ${limit}`, ok: !ok }
}
