import { memoryBroker } from '@fastify-realtime/broker'
import { options } from './control.js'

/** Room for the histories of 100,000 topics more; the memory broker keeps those of 10,000 by itself. */
export const roomyBroker = () => memoryBroker({ maxTopics: 200_000, maxBytes: 1_073_741_824 })

export const otherTopics = { 'other:*': {}, 'kept:*': { history: true } }

const batch = 1_000
const subscribers = 10

/** Gives `app` so many topics besides those that are measured, and then collects what that left behind. */
export function fill (app) {
  const make = {
    none: async () => {},
    published: (n) => app.broadcast.publish(`other:${n}`, 'tick', { n }),
    history: (n) => app.broadcast.publish(`kept:${n}`, 'tick', { n }),
    subscribed: (n, connections) => app.broadcast.subscribe(connections[n % subscribers], `other:${n}`)
  }[options.others]
  return async ({ count }) => {
    const connections = [...app.connectionPool]
    for (let done = 0; done < count; done += batch) {
      await Promise.all(Array.from({ length: batch }, (_, n) => make(done + n, connections)))
    }
    globalThis.gc()
    return {}
  }
}
