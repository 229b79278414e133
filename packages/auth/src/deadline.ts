import type { Clock } from '@fastify-realtime/protocol'

/** The value in time, or a rejection with what `late` makes. A late value is dropped. */
export function withDeadline<Value> (work: Promise<Value>, limit: number, clock: Clock, late: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(late()), limit)
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}
