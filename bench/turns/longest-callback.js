import { createHook, executionAsyncResource } from 'node:async_hooks'
import { PerformanceObserver } from 'node:perf_hooks'

/** Shorter ones are not worth keeping. */
const WORTH = 1

/**
 * The longest time that one callback of the event loop keeps everything else from running, with all promises and ticks that follow
 * it: by the clock less the time in which the loop waited, which counts the work of others on a busy machine, or in processor time of
 * the process, which counts the threads of the garbage collector; the shorter of the two, without the pauses of the collector, which
 * comes whenever it likes. Watching costs something with every promise, so the truth is a little shorter; it goes on between a stop
 * and the next start, because code is compiled anew for a process that begins or ends to watch.
 */
export class LongestCallback {
  #seen = []
  #pauses = []
  #collections = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()))
  #cpuAtStart = process.cpuUsage()
  #cpu = this.#cpuAtStart
  #began = 0
  #idle = 0
  /** What is under way; `undefined` is what nobody asked for, such as the callback that starts. */
  #kind

  constructor () {
    createHook({ before: () => this.#next(executionAsyncResource()) }).enable()
  }

  start () {
    this.#seen = []
    this.#pauses = []
    this.#kind = undefined
    this.#cpuAtStart = process.cpuUsage()
    this.#collections.observe({ entryTypes: ['gc'] })
  }

  /** Milliseconds of the longest since the start and what called it, of the longest collection, and of all work together. */
  stop () {
    this.#next(undefined)
    this.#pauses.push(...this.#collections.takeRecords())
    this.#collections.disconnect()
    const collected = ({ began, ended }) => this.#pauses
      .filter(({ startTime, duration }) => startTime < ended && startTime + duration > began)
      .reduce((sum, { duration }) => sum + duration, 0)
    const [longest = { took: WORTH, kind: 'none' }] = this.#seen
      .map((one) => ({ ...one, took: one.took - collected(one) }))
      .sort((a, b) => b.took - a.took)
    const pause = Math.max(0, ...this.#pauses.map(({ duration }) => duration))
    return { longest: longest.took, kind: longest.kind, pause, total: milliseconds(process.cpuUsage(this.#cpuAtStart)) }
  }

  #next (resource) {
    if (resource instanceof Promise || isTick(resource)) return
    const now = performance.now()
    const idle = performance.nodeTiming.idleTime
    const took = Math.min(now - this.#began - (idle - this.#idle), milliseconds(process.cpuUsage(this.#cpu)))
    if (took > WORTH && this.#kind !== undefined) this.#seen.push({ took, kind: this.#kind, began: this.#began, ended: now })
    this.#kind = resource?.constructor?.name ?? 'unknown'
    this.#began = now
    this.#idle = idle
    this.#cpu = process.cpuUsage()
  }
}

/** What `process.nextTick` queues runs on behalf of the callback before it. */
function isTick (resource) {
  return resource !== undefined && Object.hasOwn(resource, 'callback') && Object.hasOwn(resource, 'args')
}

function milliseconds ({ user, system }) {
  return (user + system) / 1_000
}
