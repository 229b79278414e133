import { fileURLToPath } from 'node:url'
import { Child } from './child.js'
import { pinned } from './machine.js'

const loadProcess = fileURLToPath(new URL('./load/load.js', import.meta.url))

/** One run: a fresh server, a fresh load, one scenario. Both processes are gone when it settles. */
export async function trial (scenario, peer, connections) {
  const { exactly, share = 1 } = scenario.connections ?? {}
  const count = exactly ?? Math.round(connections * share)
  const options = { ...peer.options, deflate: scenario.deflate === true }
  const server = new Child([...pinned(0), ...peer.command], { BENCH: JSON.stringify(options), NODE_ENV: 'production' })
  const load = new Child([...pinned(1), process.execPath, loadProcess])
  try {
    const { port } = await server.answer(20_000)
    return await scenario.run({ server, load, scenario, peer, port, count })
  } finally {
    await Promise.all([load.stop(), server.stop()])
  }
}
