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

Written by \`pnpm chaos --seed ${seed} --scale ${scale} --write\` on ${machine.at.slice(0, 10)}: Node ${machine.node}, real server processes, a real
redis-server ${machine.redis} of its own for each run (its files under \`${machine.folder}\`), real sockets through a TCP proxy that makes the faults. Nothing is mocked.
What is promised, and how it is judged, is in [the runner's README](../chaos/README.md).

| what happens | load | deliveries | lost silently | twice | out of order | recovered | told of a loss | away p99 | |
|---|---|---|---|---|---|---|---|---|---|
${runs.map(row).join('\n')}

Every run must have at least 95 % of its intended publications acknowledged, and every fault felt by a client, a publisher or a node.

${runs.map(details).join('\n')}
## Controls

The same checker, with one defence taken out from outside. It must find what the defence is there for.

| without | deliveries | lost silently | twice | published twice | |
|---|---|---|---|---|---|
${controls.map(({ off, figures, ok, faultCounts }) => `| ${off.join(', ')} | ${count(figures.delivered)} | ${count(faultCounts.silent)} | ${count(faultCounts.duplicate)} | ${count(faultCounts.doubled)} | ${ok ? 'found' : 'NOT FOUND'} |`).join('\n')}
`)
  return file
}

function row ({ title, plan, figures, faultCounts, ok }) {
  return `| ${title} | ${plan.clients} clients, ${plan.topics} topics, ${plan.rate}/s for ${plan.seconds} s | ${count(figures.delivered)} | ${faultCounts.silent} | ${faultCounts.duplicate} | ${faultCounts.reorder} | ${count(figures.recovered)} | ${count(figures.lost)} | ${figures.returns.p99 === undefined ? '–' : `${count(Math.round(figures.returns.p99))} ms`} | ${ok ? 'good' : 'BAD'} |`
}

function details ({ title, plan, checks, faults }) {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].map((kind) => `${faults.filter((fault) => fault.kind === kind).length} × ${kind}`)
  return `## ${title}

${plan.nodes} nodes, AOF \`${plan.fsync}\`, ${kinds.join(', ')}.

| check | value | limit |
|---|---|---|
${checks.map(({ what, value, unit = '', limit = '', ok }) => `| ${what} | ${count(value)}${unit && ` ${unit}`}${ok ? '' : ' **BAD**'} | ${limit} |`).join('\n')}
`
}
