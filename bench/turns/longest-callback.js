import { createHook, executionAsyncResource } from 'node:async_hooks'
import { PerformanceObserver } from 'node:perf_hooks'

/** Shorter ones are not worth keeping. */
const WORTH = 1

/**
 * The longest time that one callback of the event loop keeps everything else from running, with all promises and ticks that follow
 * it. Processor time of the process, because the clock of a busy machine counts the work of others, too; callbacks in which the
 * garbage collector worked are left out, as it comes whenever it likes and works in threads of its own. Watching costs
 * something with every promise, so the truth is a little shorter.
 */
export class LongestCallback {
  #seen = []
  #pauses = []
  #collections = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()))
  #cpuAtStart = process.cpuUsage()
  #cpu = this.#cpuAtStart
  #began = 0
  #kind = ''
  #hook = createHook({ before: () => this.#next(executionAsyncResource()) })

  start () {
    this.#seen = []
    this.#pauses = []
    this.#kind = 'start'
    this.#began = performance.now()
    this.#cpuAtStart = this.#cpu = process.cpuUsage()
    this.#collections.observe({ entryTypes: ['gc'] })
    this.#hook.enable()
  }

  /** Milliseconds of the longest since the start and what called it, of the longest collection, and of all work together. */
  stop () {
    this.#next(undefined)
    this.#hook.disable()
    this.#pauses.push(...this.#collections.takeRecords())
    this.#collections.disconnect()
    const collected = ({ began, ended }) => this.#pauses.some(({ startTime, duration }) => startTime < ended && startTime + duration > began)
    const [longest = { took: WORTH, kind: 'none' }] = this.#seen.filter((one) => !collected(one)).sort((a, b) => b.took - a.took)
    const pause = Math.max(0, ...this.#pauses.map(({ duration }) => duration))
    return { longest: longest.took, kind: longest.kind, pause, total: milliseconds(process.cpuUsage(this.#cpuAtStart)) }
  }

  #next (resource) {
    if (resource instanceof Promise || isTick(resource)) return
    const took = milliseconds(process.cpuUsage(this.#cpu))
    const now = performance.now()
    if (took > WORTH) this.#seen.push({ took, kind: this.#kind, began: this.#began, ended: now })
    this.#kind = resource?.constructor?.name ?? 'unknown'
    this.#began = now
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
