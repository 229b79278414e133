// node bench/turns/slow-readers.mjs [stopped] [healthy]: whether healthy subscribers lose anything, or wait, because of stopped ones.
// The kernel takes megabytes for each stopped reader before we notice, and a thousand times that is more than it has. In a network of
// their own they get small buffers, as root:
//   unshare -n sh -c 'ip link set lo up; cd /proc/sys/net/ipv4; for name in tcp_wmem tcp_rmem; do echo "4096 16384 65536" > $name; done; exec node …'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.js'
import { pinned } from '../machine.js'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const [stopped = 1_000, healthy = 200] = process.argv.slice(2).map(Number)
const [count, interval, size] = [400, 15, 8_192]
const topic = 'plain:1'
const frames = count * healthy

/** What healthy subscribers get, with so many stopped ones beside them. */
async function run (stops) {
  const server = new Child([...pinned(0), process.execPath, here('server.js')], { NODE_ENV: 'production' })
  const load = new Child([...pinned(1), process.execPath, here('load.js')])
  try {
    const { port } = await server.answer(20_000)
    await load.ask('connect', { port, count: healthy + stops, atOnce: 100 }, 120_000)
    await load.ask('subscribe', { topic })
    await load.ask('wait', { type: 'reply', count: healthy + stops })
    await load.ask('stop', { last: stops })
    const { most } = await server.ask('pace', { topic, count, interval, size }, 120_000)
    const seen = await load.ask('wait', { type: 'publication', count: frames }, 90_000)
    const { size: left } = await server.ask('publish', { topic: 'plain:nobody', count: 1 })
    return { stopped: stops, p50: round(seen.p50), p99: round(seen.p99), frames: seen.came, 'still open': left, 'most waiting MB': round(most / 2 ** 20) }
  } finally {
    await Promise.all([load.stop(), server.stop()])
  }
}

const round = (value) => Math.round(value * 10) / 10

const runs = []
for (const stops of [0, stopped, 0, stopped, 0, stopped]) runs.push(await run(stops))
console.table(runs)
const median = (stops) => runs.filter(({ stopped }) => stopped === stops).map(({ p99 }) => p99).sort((a, b) => a - b)[1]
const ratio = median(stopped) / median(0)
process.stdout.write(`p99 beside ${stopped} stopped readers is ${ratio.toFixed(2)} of what it is without\n`)
const lost = runs.some((run) => run.frames !== frames || run['still open'] < healthy)
if (lost || ratio > 4) process.exitCode = 1
