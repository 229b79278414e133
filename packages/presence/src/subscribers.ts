import { isPattern, matchesPattern } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { PresenceNode } from './presence-node.ts'

/** The part of the broadcast plugin that tells who subscribes. */
export interface SubscriptionSource {
  on (event: 'subscribe', listener: (connection: Connection, topic: string) => void): () => void
  on (event: 'unsubscribe', listener: (connection: Connection, topic: string, code: string) => void): () => void
}

/** Makes the subscribers of matching topics present. */
export function followSubscribers (
  source: SubscriptionSource, node: Pick<PresenceNode, 'enter' | 'depart' | 'unwatch'>, patterns: readonly string[]
): void {
  // Who subscribes to a pattern is in no topic.
  const present = (topic: string): boolean => !isPattern(topic) && patterns.some((pattern) => matchesPattern(pattern, topic))
  source.on('subscribe', (connection, topic) => {
    if (present(topic)) node.enter(connection, topic)
  })
  source.on('unsubscribe', (connection, topic, code) => {
    // The pool tells of the end of a connection.
    if (code === 'closed') return
    // Who may no longer read a topic may not see who does.
    if (code === 'revoked' || code === 'forced') node.unwatch(connection, topic, code)
    // A client that lost its position subscribes again by itself.
    if (present(topic)) node.depart(connection, topic, code === 'position-lost')
  })
}
