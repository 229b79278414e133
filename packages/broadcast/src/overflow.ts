import type { Overflow } from '@fastify-realtime/connection-pool'
import type { TopicSettings } from './topic-options.ts'

/** What to do with a topic's frames in a full outbox; `undefined` (disconnect) also when it depends on the publication. */
export function topicOverflow ({ policy, conflateKey }: TopicSettings, topic: string): Overflow | undefined {
  if (policy === 'disconnect' || conflateKey !== undefined) return undefined
  return Object.freeze(policy === 'conflate' ? { policy, key: topic } : { policy })
}

/** The same for one publication whose pattern has a conflation key. A topic never holds a line break. */
export function keyedOverflow (topic: string, key: string): Overflow {
  return Object.freeze({ policy: 'conflate' as const, key: `${topic}\n${key}` })
}
