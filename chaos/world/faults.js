import { setTimeout as sleep } from 'node:timers/promises'

/** What can be done to a world. Each settles when the fault is over, with what to note about it. */
export const faultKinds = {
  async kick (world, { names }) {
    return { reset: world.front.reset(linksOf(world, names)) }
  },

  async cut (world) {
    return { reset: world.front.reset() }
  },

  async 'half-open' (world, { names, lasts }) {
    const links = linksOf(world, names)
    world.front.vanish(links)
    await sleep(lasts)
    world.front.reset(links)
    return { vanished: links.length }
  },

  /** Clients that read nothing for a while; whoever is still connected then goes on where it stopped. */
  async 'stop-reading' (world, { names, lasts }) {
    const links = linksOf(world, names)
    for (const link of links) link.stopReading(true)
    await sleep(lasts)
    for (const link of links) link.stopReading(false)
    return { stopped: links.length }
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

  async 'broker-kill' (world, { lasts }) {
    await world.broker.kill()
    await sleep(lasts)
    await world.broker.start()
    return { backAt: performance.timeOrigin + performance.now() }
  },

  async 'broker-stop' (world, { lasts }) {
    await Promise.all(world.nodes.map((node) => node.ask('loop')))
    world.broker.pause()
    await sleep(lasts)
    const loops = await Promise.all(world.nodes.map((node) => node.ask('loop')))
    world.broker.resume()
    return { loops }
  },

  async 'broker-empty' (world) {
    await world.broker.empty()
    return {}
  },

  /** The line that brings publications falls silent, without a word to either end. */
  async 'broker-starve' (world, { node, lasts }) {
    const line = world.brokerLines[node]
    const links = line.links(({ subscriber }) => subscriber)
    line.vanish(links)
    if (lasts === undefined) return { vanished: links.length }
    await sleep(lasts)
    line.reset(links)
    return { vanished: links.length }
  },

  async 'broker-cut' (world, { node, lasts }) {
    const line = world.brokerLines[node]
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

  /** The process stands still, and its connections with it. */
  async 'node-stall' (world, { node, lasts }) {
    world.nodes[node].signal('SIGSTOP')
    await sleep(lasts)
    world.nodes[node].signal('SIGCONT')
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

function linksOf (world, names) {
  const wanted = new Set(names)
  return world.front.links(({ who }) => wanted.has(who))
}
