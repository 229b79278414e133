import { style } from './style.js'
import { timelineSvg } from './timeline.js'

const escape = (value) => String(value).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const count = (value) => typeof value === 'number' ? value.toLocaleString('en') : value
const mark = (ok) => `<span class="${ok ? 'good' : 'bad'}">${ok ? 'good' : 'bad'}</span>`
const sum = (results, of) => results.reduce((total, result) => total + (of(result) ?? 0), 0)

/** One page that needs nothing else. */
export function html ({ seed, scale, timed, machine, results }) {
  const bad = results.filter(({ ok }) => !ok).length
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Chaos, seed ${seed}: ${bad === 0 ? 'good' : 'bad'}</title><style>${style}</style>
<h1>Chaos ${mark(bad === 0)}</h1>
<p>Seed ${seed}, scale ${scale}${timed ? '' : ', milliseconds not judged'}; Node ${escape(machine.node)}, redis-server ${escape(machine.versions.redis)}, nats-server ${escape(machine.versions.nats)}, ${machine.cores} cores, load ${machine.load} before the first run; ${escape(machine.at)}.</p>
${tiles(results.filter(({ control, broken }) => !control && broken === undefined), bad, results.length)}
${overview(results)}
${results.map(section).join('\n')}</html>`
}

function tiles (runs, bad, of) {
  const tile = (value, label, alarming = false) => `<div class="tile"><b class="${alarming ? 'bad' : ''}">${count(value)}</b>${label}</div>`
  const wrong = (name) => sum(runs, ({ faultCounts }) => faultCounts[name])
  return `<div class="tiles">${[
    tile(`${of - bad} of ${of}`, 'runs and controls good', bad > 0),
    tile(sum(runs, ({ figures }) => figures.delivered), 'deliveries'),
    ...['silent', 'duplicate', 'reorder', 'phantom', 'leak'].map((name, index) =>
      tile(wrong(name), ['lost silently', 'delivered twice', 'out of order', 'never published', 'leaked'][index], wrong(name) > 0)),
    tile(sum(runs, ({ figures }) => figures.recovered), 'recoveries'),
    tile(sum(runs, ({ faults }) => faults.length), 'faults')
  ].join('')}</div>`
}

function overview (results) {
  return `<table><tr><th>run<th>broker<th class="number">clients<th class="number">per second<th class="number">deliveries<th class="number">recovered<th class="number">told of a loss<th class="number">p99<th class="number">away p99<th></tr>${results.map(line).join('')}</table>`
}

function line (result) {
  const { name, title, ok, broken } = result
  const head = `<tr><td><a href="#${name}">${escape(title)}</a>`
  if (broken !== undefined) return `${head}<td colspan="8" class="bad">broke<td>${mark(false)}`
  const { plan, figures } = result
  return `${head}<td>${escape(plan.broker.split(',')[0])}${[
    plan.clients, plan.rate, figures.delivered, figures.recovered, figures.lost, milliseconds(figures.latency.p99), milliseconds(figures.returns.p99)
  ].map((value) => `<td class="number">${count(value)}`).join('')}<td>${mark(ok)}`
}

const milliseconds = (value) => value === undefined ? '–' : `${count(Math.round(value))} ms`

function section (result) {
  const { name, title, ok, broken, checks } = result
  const head = `<h2 id="${name}">${escape(title)} ${mark(ok)}</h2>`
  if (broken !== undefined) return `${head}<p class="bad">The run broke: ${escape(broken)}</p>`
  const { plan, figures, faults, examples } = result
  return `${head}
<p>${count(plan.clients)} clients, ${plan.topics} topics, ${count(plan.rate)} publications/s for ${plan.seconds} s; ${plan.nodes} nodes, ${escape(plan.broker.replaceAll('`', ''))}.
${count(figures.delivered)} deliveries, p50 ${milliseconds(figures.latency.p50)}, p99 ${milliseconds(figures.latency.p99)}; clients away p99 ${milliseconds(figures.returns.p99)}.
Subscriptions: ${Object.entries(figures.verdicts).filter(([, number]) => number > 0).map(([verdict, number]) => `${count(number)} ${verdict}`).join(', ')}.
Processor seconds: ${Object.entries(figures.cpu).map(([part, seconds]) => `${part} ${seconds}`).join(', ')}.</p>
${timelineSvg(result)}
<div class="checks">${checks.map(check).join('')}</div>
${examples.length === 0 ? '' : `<details${ok ? '' : ' open'}><summary>Findings</summary><pre>${escape(examples.map((example) => JSON.stringify(example)).join('\n'))}</pre></details>`}
<details><summary>${faults.length} faults</summary><table><tr><th class="number">at<th>fault<th class="number">lasted<th class="number">felt by<th></tr>${faults.map(faultRow).join('')}</table></details>`
}

function check ({ what, value, unit = '', limit = '', ok }) {
  return `<div class="check ${ok ? '' : 'failed'}"><span>${escape(what)}</span><b class="${ok ? '' : 'bad'}">${escape(count(value))} ${unit}</b><i>${escape(limit)}</i><em class="${ok ? 'good' : 'bad'}">${ok ? '✓' : '✗'}</em></div>`
}

function faultRow ({ kind, from, to, witnesses, outcome }) {
  const seconds = (value) => (value / 1_000).toFixed(2)
  return `<tr><td class="number">${seconds(from)} s<td>${escape(kind)}<td class="number">${seconds(to - from)} s<td class="number">${witnesses}<td>${escape(JSON.stringify(outcome))}`
}
