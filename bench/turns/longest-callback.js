import { createHook, executionAsyncResource } from 'node:async_hooks'
import { PerformanceObserver } from 'node:perf_hooks'

/**
 * The longest time that one callback of the event loop keeps everything else from running, with all promises and ticks that follow
 * it. Processor time of the process, because the clock of a busy machine counts the work of others, too. Watching costs
 * something with every promise, so the truth is a little shorter.
 */
export class LongestCallback {
  #longest = 0
  #kind = ''
  #began = process.cpuUsage()
  #before = this.#began
  #running = ''
  #pause = 0
  #collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#pause = Math.max(this.#pause, duration)
  })

  #hook = createHook({ before: () => this.#next(executionAsyncResource()) })

  start () {
    this.#longest = this.#pause = 0
    this.#collections.observe({ entryTypes: ['gc'] })
    this.#running = 'start'
    this.#began = this.#before = process.cpuUsage()
    this.#hook.enable()
  }

  /** Milliseconds of the longest since the start and what called it, and of the longest pause for the garbage collector. */
  stop () {
    this.#next(undefined)
    this.#hook.disable()
    this.#collections.disconnect()
    return { longest: this.#longest, kind: this.#kind, pause: this.#pause, total: milliseconds(process.cpuUsage(this.#began)) }
  }

  #next (resource) {
    if (resource instanceof Promise || isTick(resource)) return
    const took = milliseconds(process.cpuUsage(this.#before))
    if (took > this.#longest) {
      this.#longest = took
      this.#kind = this.#running
    }
    this.#running = resource?.constructor?.name ?? 'unknown'
    this.#before = process.cpuUsage()
  }
}

/** What `process.nextTick` queues runs on behalf of the callback before it. */
function isTick (resource) {
  return resource !== undefined && Object.hasOwn(resource, 'callback') && Object.hasOwn(resource, 'args')
}

function milliseconds ({ user, system }) {
  return (user + system) / 1_000
}
