import { setTimeout as sleep } from 'node:timers/promises'
import { now } from './now.js'
import { readEvidence } from './judge/evidence.js'
import { World } from './world/world.js'
import { faultKinds } from './world/faults.js'
import { listenOverflows } from './world/listen-overflows.js'
import { needOpenFiles } from './world/open-files.js'

/** Runs one plan to its end and answers all that there is to judge. `world(world)` lets the caller end it early. */
export async function runPlan (plan, { progress, began }) {
  needOpenFiles(2 * plan.clients.length + 500)
  const world = new World(plan)
  began(world)
  try {
    await world.begin()
    return await drive(world, plan, progress)
  } finally {
    await world.end()
  }
}

async function drive (world, plan, progress) {
  await begin(world, plan, progress)
  const overflowed = listenOverflows()
  const proxyCpu = process.cpuUsage()
  world.front.handshakes.clear()
  const started = now()
  await world.publisher.ask('begin', { topics: plan.topics, pads: plan.pads, rate: plan.rate })
  const done = []
  const faults = plan.faults.map((fault) => inject(world, fault, started, done))
  const ticker = setInterval(() => { void report(world, plan, started, progress) }, 1_000)
  await sleep(plan.seconds * 1_000)
  await world.publisher.ask('stop')
  const problems = (await Promise.allSettled(faults)).filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
  if (problems.length > 0) throw problems[0]
  await world.publisher.ask('finish', { within: plan.end }, plan.end + 30_000)
  const ended = now()
  const settled = await settle(world)
  clearInterval(ticker)
  const overflows = overflowed === undefined ? undefined : listenOverflows() - overflowed
  return collect(world, { plan, started, ended, settled, faults: done, overflows, cpu: { ...world.cpu(), proxy: seconds(process.cpuUsage(proxyCpu)) }, handshakes: handshakes(world.front) })
}

/** Brings all clients up before the first fault. */
async function begin (world, plan, { coming }) {
  const share = (index) => plan.clients.filter((_, at) => at % plan.loads === index)
  const url = `ws://127.0.0.1:${world.front.port}/ws`
  const within = 60_000 + 60 * plan.clients.length
  const ticker = setInterval(() => { void world.live().then(({ live }) => coming({ live, clients: plan.clients.length }), () => {}) }, 5_000)
  try {
    await world.toLoads('begin', (index) => ({ url, clients: share(index) }), within)
    if (!await world.allLive(within)) throw new Error(`the clients did not all come up within ${within} ms`)
  } finally {
    clearInterval(ticker)
  }
}

async function inject (world, fault, started, done) {
  await sleep(started + fault.at - now())
  const entry = { kind: fault.kind, planned: fault, from: now() }
  done.push(entry)
  Object.assign(entry, { outcome: await faultKinds[fault.kind](world, fault), to: now() })
}

/** Everybody is live, and nothing has come for longer than two position checks take. */
async function settle (world) {
  const { end, quiet } = world.plan
  const all = await world.allLive(end)
  let told = -1
  let still = now()
  const deadline = now() + end
  while (now() < deadline) {
    const state = await world.live()
    if (state.told !== told) still = now()
    told = state.told
    if (now() - still > quiet) return all
    await sleep(200)
  }
  return all
}

async function collect (world, run) {
  const parts = await world.toLoads('evidence', undefined, 60_000)
  const { publications, failures } = await world.publisher.ask('evidence', undefined, 60_000)
  const stats = await Promise.all(world.nodes.map((node) => node.ask('stats').catch(() => undefined)))
  return { ...run, ...readEvidence(parts), publications, failures, stats: stats.filter(Boolean), log: [...world.log], line: world.front.faults.seen }
}

const seconds = ({ user, system }) => Math.round((user + system) / 1e5) / 10

/** `[{ node, most }]`: the most handshakes that each got in one second. */
function handshakes ({ handshakes }) {
  return [...handshakes].map(([node, seconds]) => ({ node, most: Math.max(...seconds.values()) }))
}

async function report (world, plan, started, progress) {
  try {
    const [loads, publisher] = await Promise.all([world.live(), world.publisher.ask('state', undefined, 900)])
    progress.tick({ seconds: (now() - started) / 1_000, of: plan.seconds, clients: plan.clients.length, ...loads, ...publisher })
  } catch {
    // A tick that comes while everything ends has nobody to ask.
  }
}
