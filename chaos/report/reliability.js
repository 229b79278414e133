import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url))
const count = (value) => typeof value === 'number' ? value.toLocaleString('en') : value

/** Writes the figures of these runs, and answers where. */
export function writeReliability ({ seed, scale, machine, results }) {
  mkdirSync(fileURLToPath(new URL('../../docs', import.meta.url)), { recursive: true })
  const runs = results.filter(({ control, broken }) => !control && broken === undefined)
  const controls = results.filter(({ control, broken }) => control && broken === undefined)
  writeFileSync(file, `# Reliability

Written by \`pnpm chaos --seed ${seed} --scale ${scale} --write\` on ${machine.at.slice(0, 10)}: Node ${machine.node}, real server processes, for each run a real
redis-server ${machine.versions.redis} or nats-server ${machine.versions.nats} of its own (files under \`${machine.folder}\`), real sockets through a TCP proxy that makes the faults. Nothing is mocked.
What is promised, and how it is judged, is in [the runner's README](../chaos/README.md).

| what happens | broker | load | deliveries | lost silently | twice | out of order | recovered | told of a loss | away p99 | |
|---|---|---|---|---|---|---|---|---|---|---|
${runs.map(row).join('\n')}

Every run must have at least 95 % of its intended publications acknowledged, every fault felt by a client, a publisher or a node, a
history that holds at least 10 s of the traffic, and at least ${Math.ceil(200 * Math.min(1, scale))} recoveries.

${runs.map(details).join('\n')}
## Controls

The same checker, with one defence taken out from outside. It must find what the defence is there for.

| without | what happens | deliveries | what failed without it | |
|---|---|---|---|---|
${controls.map(control).join('\n')}
`)
  return file
}

function control ({ title, off, plan, figures, ok, checks: [{ what, value }] }) {
  return `| ${off.join(', ')} | ${title.replace('Control: ', '')}; ${plan.broker} | ${count(figures.delivered)} | ${what.replace('found: ', '')}: ${count(value)} | ${ok ? 'found' : 'NOT FOUND'} |`
}

function row ({ title, plan, figures, faultCounts, ok }) {
  return `| ${title} | ${plan.broker} | ${plan.clients} clients, ${plan.topics} topics, ${plan.rate}/s for ${plan.seconds} s | ${count(figures.delivered)} | ${faultCounts.silent} | ${faultCounts.duplicate} | ${faultCounts.reorder} | ${count(figures.recovered)} | ${count(figures.lost)} | ${figures.returns.p99 === undefined ? '–' : `${count(Math.round(figures.returns.p99))} ms`} | ${ok ? 'good' : 'BAD'} |`
}

function details ({ title, plan, checks, faults }) {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].map((kind) => `${faults.filter((fault) => fault.kind === kind).length} × ${kind}`)
  return `## ${title}

${plan.nodes} nodes, ${plan.broker}, ${kinds.join(', ')}.

| check | value | limit |
|---|---|---|
${checks.map(({ what, value, unit = '', limit = '', ok }) => `| ${what} | ${count(value)}${unit && ` ${unit}`}${ok ? '' : ' **BAD**'} | ${limit} |`).join('\n')}
`
}
