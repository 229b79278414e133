import { timelineSvg } from './timeline.js'

const escape = (value) => String(value).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const count = (value) => typeof value === 'number' ? value.toLocaleString('en') : value

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem;border-bottom:1px solid #e5e7eb}
.good{color:#047857}.bad{color:#b91c1c;font-weight:700}svg{width:100%;font:11px system-ui}.most{fill:#6b7280;font-size:9px}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}td,th{border-color:#333}svg text{fill:#ddd}}`

/** One page that needs nothing else. */
export function html ({ seed, scale, machine, results }) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Chaos, seed ${seed}</title><style>${style}</style>
<h1>Chaos</h1><p>Seed ${seed}, scale ${scale}; Node ${escape(machine.node)}, redis-server ${escape(machine.versions.redis)}, nats-server ${escape(machine.versions.nats)}; ${escape(machine.at)}.</p>
${results.map(section).join('\n')}</html>`
}

function section (result) {
  const { name, title, ok, broken, checks } = result
  const head = `<h2 id="${name}">${escape(title)} <span class="${ok ? 'good' : 'bad'}">${ok ? 'good' : 'bad'}</span></h2>`
  if (broken !== undefined) return `${head}<p class="bad">The run broke: ${escape(broken)}</p>`
  const { plan, figures, faults, examples } = result
  return `${head}
<p>${plan.clients} clients, ${plan.topics} topics, ${plan.rate} publications/s for ${plan.seconds} s, ${plan.nodes} nodes, ${escape(plan.broker)}.
${count(figures.delivered)} deliveries, p50 ${figures.latency.p50} ms, p99 ${figures.latency.p99} ms; clients away p99 ${figures.returns.p99 ?? '–'} ms.
Subscriptions: ${Object.entries(figures.verdicts).filter(([, number]) => number > 0).map(([verdict, number]) => `${number} ${verdict}`).join(', ')}.</p>
${timelineSvg(result)}
<table><tr><th>check<th>value<th>limit<th></tr>${checks.map((check) => `<tr><td>${escape(check.what)}<td>${escape(count(check.value))} ${check.unit ?? ''}<td>${escape(check.limit ?? '')}<td class="${check.ok ? 'good' : 'bad'}">${check.ok ? 'ok' : 'bad'}`).join('')}</table>
<details><summary>${faults.length} faults</summary><table><tr><th>at<th>fault<th>lasted<th>felt by<th></tr>${faults.map((fault) => `<tr><td>${(fault.from / 1_000).toFixed(2)} s<td>${escape(fault.kind)}<td>${((fault.to - fault.from) / 1_000).toFixed(2)} s<td>${fault.witnesses}<td>${escape(JSON.stringify(fault.outcome))}`).join('')}</table></details>
${examples.length === 0 ? '' : `<details open><summary>Findings</summary><pre>${escape(examples.map((example) => JSON.stringify(example)).join('\n'))}</pre></details>`}`
}
