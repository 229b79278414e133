import type { PresenceStore, SharedBroker } from '@fastify-realtime/broker'

/** The broker's presence store, looked up at every call: what a broker can do is known only when it has started. */
export function lateStore (broker: Pick<SharedBroker, 'require'>, neededBy: string): PresenceStore {
  const store = (): PresenceStore => broker.require('presence', neededBy)
  return {
    join: async (topic, entry) => store().join(topic, entry),
    leave: async (topic, connection) => store().leave(topic, connection),
    list: async (topic, limit) => store().list(topic, limit),
    renew: async (node, ttl) => store().renew(node, ttl),
    reap: async () => store().reap()
  }
}
