import { setTimeout as sleep } from 'node:timers/promises'

/** What can be done to a world. Each settles when the fault is over, with what to note about it. */
export const faultKinds = {
  async kick (world, { names }) {
    const wanted = new Set(names)
    return { reset: world.front.reset(world.front.links(({ who }) => wanted.has(who))) }
  },

  async cut (world) {
    return { reset: world.front.reset() }
  },

  async 'half-open' (world, { names, lasts }) {
    const wanted = new Set(names)
    const links = world.front.links(({ who }) => wanted.has(who))
    world.front.vanish(links)
    await sleep(lasts)
    world.front.reset(links)
    return { vanished: links.length }
  },

  async slow (world, { lasts, line }) {
    const before = { ...world.front.faults.seen }
    world.front.set(line)
    await sleep(lasts)
    world.front.clear()
    const { delayed, sliced } = world.front.faults.seen
    return { delayed: delayed - before.delayed, sliced: sliced - before.sliced }
  },

  async down (world, { lasts }) {
    world.front.down = true
    const reset = world.front.reset()
    await sleep(lasts)
    world.front.down = false
    return { reset }
  },

  async 'redis-kill' (world, { lasts }) {
    await world.redis.kill()
    await sleep(lasts)
    await world.redis.start()
    return { backAt: performance.timeOrigin + performance.now() }
  },

  async 'redis-stop' (world, { lasts }) {
    await Promise.all(world.nodes.map((node) => node.ask('loop')))
    world.redis.pause()
    await sleep(lasts)
    const loops = await Promise.all(world.nodes.map((node) => node.ask('loop')))
    world.redis.resume()
    return { loops }
  },

  async 'redis-empty' (world) {
    await world.redis.empty()
    return {}
  },

  /** The line that brings publications falls silent, without a word to either end. */
  async 'redis-starve' (world, { node, lasts }) {
    const line = world.redisLines[node]
    const links = line.links(({ subscriber }) => subscriber)
    line.vanish(links)
    if (lasts === undefined) return { vanished: links.length }
    await sleep(lasts)
    line.reset(links)
    return { vanished: links.length }
  },

  async 'redis-cut' (world, { node, lasts }) {
    const line = world.redisLines[node]
    line.down = true
    const reset = line.reset()
    await sleep(lasts)
    line.down = false
    return { reset }
  },

  async 'node-kill' (world, { node, lasts }) {
    await world.nodes[node].kill()
    await sleep(lasts)
    await world.nodes[node].start()
    return {}
  },

  async 'rolling-restart' (world, { drain, pause }) {
    for (const node of world.nodes) {
      await node.leave(drain)
      await node.start()
      await sleep(pause)
    }
    return {}
  }
}
