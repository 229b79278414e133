import type { Clock } from '@fastify-realtime/protocol'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Timers that are set and have not fired. */
  readonly pending: number
  /** Moves both times on by this many milliseconds and fires what falls due, in order, each at its own moment. */
  advance (ms: number): void
  /** As `advance`, and lets promises settle before, between and after the timers: for work that waits and goes on. */
  pass (ms: number): Promise<void>
  /** Moves the wall clock alone, as an operator or NTP would; may be negative. */
  jump (ms: number): void
}

interface Entry {
  readonly at: number
  readonly callback: () => void
}

/**
 * @param start what `time()` says at first, milliseconds since the epoch. Default: 2026-01-01T00:00:00Z.
 * `now()` begins at 1,000.
 */
export function fakeClock (start: number = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Entry>()
  let now = 1_000
  let wall = start - now
  const fireNext = (until: number): boolean => {
    const next = takeDue(timers, until)
    if (next === undefined) return false
    now = next.at
    next.callback()
    return true
  }
  return {
    get pending () { return timers.size },
    now: () => now,
    time: () => wall + now,
    setTimeout (callback, delay) {
      // Never due in the moment that sets it, so that a timer which sets itself again cannot hang `advance`.
      const entry = { at: now + Math.max(1, delay), callback }
      timers.add(entry)
      return entry
    },
    clearTimeout: (timer) => { timers.delete(timer as Entry) },
    advance (ms) {
      const until = now + ms
      while (fireNext(until));
      now = until
    },
    async pass (ms) {
      const until = now + ms
      await settle()
      while (fireNext(until)) await settle()
      now = until
    },
    jump: (ms) => { wall += ms }
  }
}

/** Some turns of the event loop: enough for promises that wait for one another. */
async function settle (): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

/** Takes out the timer that falls due first; of several the one that was set first. */
function takeDue (timers: Set<Entry>, until: number): Entry | undefined {
  let first: Entry | undefined
  for (const timer of timers) {
    if (first === undefined || timer.at < first.at) first = timer
  }
  if (first === undefined || first.at > until) return undefined
  timers.delete(first)
  return first
}
