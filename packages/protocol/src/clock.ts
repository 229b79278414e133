export type Timer = object | number

/** Time as an argument, so that logic with deadlines is tested without waiting. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  now (): number
  /** Wall-clock milliseconds since the Unix epoch; may jump. */
  time (): number
  /** Calls back once. On Node the timer never keeps the process alive. */
  setTimeout (callback: () => void, delay: number): Timer
  clearTimeout (timer: Timer): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  setTimeout (callback, delay) {
    const timer: unknown = setTimeout(callback, delay)
    if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
    return timer as Timer
  },
  clearTimeout (timer) {
    clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  }
}
