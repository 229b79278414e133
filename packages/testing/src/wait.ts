/** Rejects with what was awaited when the promise does not settle in time. */
export async function within<Value> (promise: Promise<Value>, ms: number, what: string): Promise<Value> {
  const { promise: late, cancel } = deadline(ms, what)
  try {
    return await Promise.race([promise, late])
  } finally {
    cancel()
  }
}

/** What `once` needs of an emitter: `on` answers an undo function, as ours do, or anything, as Node's do. */
export interface Emits {
  on (event: never, listener: never): unknown
}

/** The arguments of the next `event`. Rejects after `ms`, 5,000 by default. */
export async function once<Args extends readonly unknown[] = readonly unknown[]> (emitter: Emits, event: string, ms: number = 5_000): Promise<Args> {
  let undo: unknown
  const happened = new Promise<Args>((resolve) => {
    const listener = (...args: unknown[]): void => resolve(args as unknown as Args)
    undo = emitter.on(event as never, listener as never)
    if (typeof undo !== 'function') undo = () => (emitter as unknown as NodeJS.EventEmitter).off(event, listener)
  })
  try {
    return await within(happened, ms, `event ${event}`)
  } finally {
    (undo as () => void)()
  }
}

/** Settles when `condition` holds, asking every few milliseconds. Rejects after `ms`, 5,000 by default. */
export async function until (condition: () => boolean, what: string = 'condition', ms: number = 5_000): Promise<void> {
  const end = performance.now() + ms
  while (!condition()) {
    if (performance.now() > end) throw lateError(ms, what)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function deadline (ms: number, what: string): { promise: Promise<never>, cancel: () => void } {
  let timer: NodeJS.Timeout
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lateError(ms, what)), ms)
  })
  return { promise, cancel: () => clearTimeout(timer) }
}

function lateError (ms: number, what: string): Error {
  return new Error(`Expected ${what} within ${ms} ms, and it did not come.`)
}
