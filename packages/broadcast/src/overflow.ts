import type { Overflow } from '@fastify-realtime/connection-pool'
import type { TopicSettings } from './topic-options.ts'

const disconnect: Overflow = Object.freeze({ policy: 'disconnect' })

/** What to do with a topic's frames in a full outbox; `undefined` leaves it to the pool, or depends on the publication. */
export function topicOverflow ({ policy, conflateKey }: TopicSettings, topic: string): Overflow | undefined {
  if (policy === undefined || conflateKey !== undefined) return undefined
  // Said with every frame: the pool's own default may drop, and what is dropped cannot be recovered.
  if (policy === 'disconnect') return disconnect
  return Object.freeze(policy === 'conflate' ? { policy, key: topic } : { policy })
}

/** The same for one publication whose pattern has a conflation key. A topic never holds a line break. */
export function keyedOverflow (topic: string, key: string): Overflow {
  return Object.freeze({ policy: 'conflate' as const, key: `${topic}\n${key}` })
}
