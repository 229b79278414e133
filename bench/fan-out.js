import { cpuOf, memoryOf } from './machine.js'
import { connect, expect, measured } from './measured.js'

/** Connects everybody, warms up, and publishes to them at a pace. */
export function fanOut (pace) {
  return async (trial) => {
    await connect(trial)
    await publishing(trial, { ...pace, ticks: Math.ceil(pace.ticks / 3) })
    const { cpu, deliveries, publications, publisher, ...seen } = await publishing(trial, pace)
    const apart = trial.publisher !== trial.server
    return { value: cpu / deliveries, ...seen, ...apart && { publishing: publisher / publications }, memory: memoryOf(trial.server.pid) }
  }
}

/** Publishes at a pace, and answers what that took of the server, and of the publisher where that is another. */
export async function publishing (trial, pace) {
  const { publisher, count, scenario } = trial
  const rooms = scenario.rooms ?? 1
  const publications = pace.ticks * pace.perTick
  const deliveries = publications * count / rooms
  const before = cpuOf(publisher.pid)
  const { cpu, bytes, compressed, p50, p99 } = await measured(trial, deliveries, async (waiting) => {
    await publisher.ask('publish', { ...pace, rooms })
    return await waiting()
  })
  if (scenario.deflate) expect('compressed frames', compressed, deliveries)
  return { cpu, publisher: cpuOf(publisher.pid) - before, publications, deliveries, bytes: bytes / deliveries, p50, p99 }
}

/** A thousand connections first, then all, at the same rate of deliveries. */
export async function wide (trial) {
  const few = 1_000
  const at = async (count) => {
    await connect({ ...trial, count })
    // What the upgrades left behind is not what publications cost.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    return await fanOut({ ticks: 200 * few / count, perTick: 1, interval: 15 * count / few, size: 128 })({ ...trial, count })
  }
  const narrow = await at(few)
  const { value, bytes, p50, p99, memory } = await at(trial.count)
  return { value, narrow: narrow.value, growth: value / narrow.value, bytes, p50, p99, memory }
}
