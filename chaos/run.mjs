import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { parseArguments } from './arguments.js'
import { makePlan } from './plan.js'
import { Random } from './random.js'
import { html } from './report/html.js'
import { summary } from './report/summary.js'
import { comingLine, progressLine, say, table } from './report/terminal.js'
import { runPlan } from './run-scenario.js'
import { scenarios } from './scenarios/index.js'
import { verdictOf } from './judge/verdict.js'
import { brokers } from './world/brokers.js'
import { writeReliability } from './report/reliability.js'

let current
// Whatever ends us, the processes of the run end too.
process.on('exit', () => current?.endNow())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

const options = parseArguments(process.argv.slice(2), scenarios)
const machine = { versions: installed(), node: process.version, cores: availableParallelism(), load: loadavg()[0].toFixed(1), at: new Date().toISOString(), folder: tmpdir() }
const results = []
for (const scenario of options.scenarios) results.push(await once(scenario))

mkdirSync(options.out, { recursive: true })
const document = { seed: options.seed, scale: options.scale, timed: options.timed, machine, results }
writeFileSync(`${options.out}/chaos.json`, JSON.stringify(document, null, 2))
writeFileSync(`${options.out}/chaos.html`, html(document))
say(`\nreport: ${options.out}/chaos.html`)
if (options.write) say(`figures: ${writeReliability(document)}`)
const bad = results.filter(({ ok }) => !ok)
say(bad.length === 0
  ? `verdict: good, ${results.length} runs (seed ${options.seed}, scale ${options.scale})`
  : `verdict: BAD in ${bad.map(({ name }) => name).join(', ')}; repeat with --seed ${options.seed} --scale ${options.scale} --scenario ${bad.map(({ name }) => name).join(',')}`)
process.exit(bad.length === 0 ? 0 : 1)

/** The versions of the brokers; one that is missing ends the run before it begins. */
function installed () {
  try {
    return Object.fromEntries(Object.entries(brokers).map(([name, { version }]) => [name, version()]))
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

async function once (scenario) {
  // Each scenario has its own stream, so that one alone repeats what it did among others.
  const random = new Random(options.seed + [...scenario.name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0) | 0, 7))
  const plan = makePlan(scenario, { random, scale: options.scale, timed: options.timed })
  say(`\n${scenario.name}: ${scenario.title}`)
  say(`  ${plan.clients.length} clients, ${plan.topics.length} topics, ${plan.rate} publications/s for ${plan.seconds} s, ${plan.nodes} nodes, ${brokers[plan.broker].label(plan)}, ${plan.faults.length} faults`)
  const began = Date.now()
  try {
    const run = await runPlan(plan, { progress: { tick: progressLine, coming: comingLine }, began: (world) => { current = world } })
    const { facts, checks, ok } = verdictOf(scenario, run)
    table(checks, facts, Date.now() - began)
    return summary(scenario, facts, checks, ok)
  } catch (error) {
    say(`  the run broke: ${error.stack}`)
    return { name: scenario.name, title: scenario.title, ok: false, broken: error.message, checks: [] }
  } finally {
    current = undefined
  }
}
