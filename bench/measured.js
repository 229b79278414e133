import { cpuOf } from './machine.js'

const connectTimeout = 120_000

/** Opens connections until there are `count`, each ready for what is published. */
export function connect ({ load, count, scenario, peer, port }, atOnce = 100) {
  const { rooms = 1, browser = false, deflate = false } = scenario
  return load.ask('connect', { port, count, rooms, browser, deflate, dialect: peer.dialect, atOnce }, connectTimeout)
}

export function expect (what, came, wanted) {
  if (came !== wanted) throw new Error(`${what}: expected ${wanted}, got ${came}`)
}

/** Takes what `work` costs the server, and checks what came. */
export async function measured ({ server, load }, wanted, work) {
  await load.ask('reset')
  const before = cpuOf(server.pid)
  const waiting = () => load.ask('wait', { frames: wanted, timeout: 60_000 }, 70_000)
  const seen = await work(waiting)
  const cpu = cpuOf(server.pid) - before
  expect('frames delivered', seen.frames, wanted)
  expect('connections lost', seen.lost, 0)
  return { cpu, ...seen }
}
