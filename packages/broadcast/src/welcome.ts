import type { Connection } from '@fastify-realtime/connection-pool'
import { userTopic } from '@fastify-realtime/protocol'
import type { SubscriptionState } from '@fastify-realtime/protocol'
import type { Assembly } from './assembly.ts'

/** Subscribes a new connection to what it is subscribed to without asking. The welcome tells, and waits for it. */
export function automaticSubscriptions (
  { options, subscribing }: Assembly, connection: Connection
): { readonly subscriptions?: readonly SubscriptionState[] } | Promise<{ readonly subscriptions: readonly SubscriptionState[] }> {
  const { principal } = connection
  const topics = new Set(options.automatic?.(connection))
  if (options.userTopics && principal !== null) topics.add(userTopic(principal.id))
  if (topics.size === 0) return {}
  const begun = Array.from(topics, async (topic): Promise<SubscriptionState> => {
    const { position } = await subscribing.subscribe(connection, topic, { latest: false }, () => {})
    return position === undefined ? { topic } : { topic, position }
  })
  return Promise.all(begun).then((subscriptions) => ({ subscriptions }))
}
