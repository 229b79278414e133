import type { Clock, Timer } from '@fastify-realtime/protocol'

interface Pending { readonly at: number, readonly callback: () => void }

/** A clock that a test moves; timers run as it passes them. */
export interface ManualClock extends Clock {
  advance (milliseconds: number): void
  /** The wall clock is set anew; no timer runs. */
  jump (milliseconds: number): void
  readonly timers: number
  readonly delays: number[]
}

export function manualClock (start = 1_700_000_000_000): ManualClock {
  let now = 0
  let offset = start
  const pending = new Set<Pending>()
  const delays: number[] = []
  return {
    delays,
    get timers () { return pending.size },
    now: () => now,
    time: () => now + offset,
    setTimeout (callback, delay) {
      delays.push(delay)
      const timer = { at: now + delay, callback }
      pending.add(timer)
      return timer as Timer
    },
    clearTimeout (timer) { pending.delete(timer as Pending) },
    jump (milliseconds) { offset += milliseconds },
    advance (milliseconds) {
      const end = now + milliseconds
      for (;;) {
        const next = [...pending].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        pending.delete(next)
        now = Math.max(now, next.at)
        next.callback()
      }
      now = end
    }
  }
}
