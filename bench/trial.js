import { fileURLToPath } from 'node:url'
import { Child } from './child.js'
import { pinned } from './machine.js'
import { startRedis } from './redis.js'

const loadProcess = fileURLToPath(new URL('./load/load.js', import.meta.url))

/**
 * One run: a fresh server, a fresh load, one scenario; with a second server that publishes, and a Redis between them, where
 * the scenario asks for it. All processes are gone when it settles.
 */
export async function trial (scenario, peer, connections) {
  const { exactly, share = 1 } = scenario.connections ?? {}
  const count = exactly ?? Math.round(connections * share)
  const redis = scenario.redis ? await startRedis(pinned(1)) : undefined
  const options = { ...peer.options, deflate: scenario.deflate === true, redis: redis?.url }
  const env = { BENCH: JSON.stringify(options), NODE_ENV: 'production' }
  const server = new Child([...pinned(0), ...peer.command], env)
  const publisher = scenario.redis ? new Child([...pinned(1), ...peer.command], env) : server
  const load = new Child([...pinned(1), process.execPath, loadProcess])
  try {
    const servers = [...new Set([server, publisher])]
    const [{ port }] = await Promise.all(servers.map((server) => server.answer(20_000)))
    return await scenario.run({ server, publisher, load, scenario, peer, port, count })
  } finally {
    await Promise.all([load.stop(), server.stop(), publisher.stop()])
    await redis?.stop()
  }
}
