import { parseArgs } from 'node:util'
import { describe, openFiles } from './machine.js'
import { peers } from './peers.js'
import { median, paired, table } from './report.js'
import { scenarios } from './scenarios.js'
import { trial } from './trial.js'
import { writeReport } from './write.js'

const everyPeer = Object.keys(peers).join(',')
const usage = `pnpm bench [scenario…] [--repeats 5] [--connections 1000] [--peers ours,ws] [--write]

  scenarios: ${Object.keys(scenarios).join(', ')} (default: all)
  peers:     ${Object.keys(peers).join(', ')} (default: all that are installed; node bench/setup.js installs the others)
  --write    puts the results into bench/README.md, scenario by scenario; those of others stay`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1000' },
    peers: { type: 'string', default: everyPeer },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

const chosen = positionals.filter((name) => name !== '--')
const unknown = [...chosen.filter((name) => !(name in scenarios)), ...values.peers.split(',').filter((name) => !(name in peers))]
const repeats = Number(values.repeats)
const connections = Number(values.connections)
if (values.help || unknown.length > 0 || !(repeats >= 1 && repeats <= 50) || !(connections >= 1 && connections <= 10_000)) {
  process.stderr.write(`${unknown.length > 0 ? `Unknown: ${unknown.join(', ')}\n\n` : ''}${usage}\n`)
  process.exit(values.help ? 0 : 1)
}

/** One scenario: every peer once, then every peer again, so that a slow minute of the machine hits all alike. */
async function measure (name) {
  const scenario = scenarios[name]
  const wanted = scenario.peers.filter((peer) => values.peers.split(',').includes(peer))
  const runs = new Map(wanted.filter((peer) => isThere(name, peer)).map((peer) => [peer, []]))
  const failures = []
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const [peer, results] of runs) {
      try {
        const result = await trial(scenario, peers[peer], connections)
        results[repeat - 1] = result
        process.stderr.write(`${name} ${repeat}/${repeats} ${peer}: ${result.value.toFixed(2)}\n`)
      } catch (error) {
        failures.push({ peer, message: error.message })
        process.stderr.write(`${name} ${repeat}/${repeats} ${peer} FAILED: ${error.message}\n`)
      }
    }
  }
  const pairs = paired(scenario, runs)
  const came = [...runs].map(([peer, results]) => [peer, results.filter((result) => result !== undefined)]).filter(([, results]) => results.length > 0)
  const rows = came.map(([peer, results]) => ({ peer, title: peers[peer].title, ...median(results), pair: pairs.get(peer) }))
  return { name, scenario, rows, failures }
}

function isThere (name, peer) {
  const { title, command, install } = peers[peer]
  if (command === undefined) process.stderr.write(`${name}: ${title} is left out, ${install}\n`)
  return command !== undefined
}

const needed = 10_000 + 500
if (openFiles() < needed) process.stderr.write(`The limit of open files is ${openFiles()}; raise it with "ulimit -n ${needed}" or scenarios with 10,000 connections will fail.\n`)
process.stdout.write(`${describe()}\n`)

const measured = []
for (const name of chosen.length > 0 ? chosen : Object.keys(scenarios)) {
  const result = await measure(name)
  measured.push(result)
  if (result.rows.length + result.failures.length > 0) process.stdout.write(`\n${table(result)}\n`)
  if (values.write) writeReport(result, { repeats, connections, peers: values.peers === everyPeer ? undefined : values.peers, machine: describe() })
}
process.exitCode = measured.some(({ failures }) => failures.length > 0) ? 1 : 0
