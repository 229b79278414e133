import { loadavg } from 'node:os'

export const say = (line) => process.stdout.write(`${line}\n`)

const count = (value) => typeof value === 'number' ? value.toLocaleString('en') : String(value)

export const comingLine = ({ live, clients }) => say(`  coming up: ${count(live)} of ${count(clients)} clients`)

export function progressLine ({ seconds, of, live, clients, intended, acknowledged, failures, told }) {
  say(`  ${seconds.toFixed(0).padStart(3)}/${of} s  live ${live}/${clients}  acknowledged ${count(acknowledged)}/${count(intended)}  failed attempts ${count(failures)}  told ${count(told)}`)
}

export function table (checks, { judged, latency, returns, plan, cpu }, took) {
  for (const { what, value, unit = '', limit, ok } of checks) {
    say(`  ${ok ? 'ok ' : 'BAD'} ${what}: ${count(value)}${unit && ` ${unit}`}${limit === undefined ? '' : ` (${limit})`}`)
  }
  const { ok, recovered, signalled } = judged.verdicts
  say(`  subscriptions: ${ok} ok, ${recovered} recovered, ${signalled} signalled; delivery p50 ${latency.p50} ms, p99 ${latency.p99} ms; away p99 ${returns.p99 ?? '–'} ms; took ${(took / 1_000).toFixed(0)} s`)
  say(`  processor seconds: ${Object.entries(cpu).map(([part, seconds]) => `${part} ${seconds}`).join(', ')}; load of the machine ${loadavg()[0].toFixed(1)}`)
  // Of a control nobody wants to see what it was meant to find.
  for (const example of judged.examples.slice(0, plan.off.length > 0 ? 0 : 6)) say(`      ${JSON.stringify(example)}`)
}
