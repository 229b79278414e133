import type { HistoryStore, PresenceStore, RecordStore } from '@fastify-realtime/broker'

/** Runs a call, or rejects as unavailable. */
export type Run = <T>(call: () => Promise<T>) => Promise<T>

export function guardedHistory (run: Run, history: HistoryStore): HistoryStore {
  return {
    read: (channel, topic, query) => run(() => history.read(channel, topic, query)),
    position: (channel, topic) => run(() => history.position(channel, topic))
  }
}

export function guardedPresence (run: Run, presence: PresenceStore): PresenceStore {
  return {
    join: (topic, entry) => run(() => presence.join(topic, entry)),
    leave: (topic, connection) => run(() => presence.leave(topic, connection)),
    list: (topic, limit) => run(() => presence.list(topic, limit)),
    renew: (node, ttl) => run(() => presence.renew(node, ttl)),
    reap: () => run(() => presence.reap())
  }
}

export function guardedRecords (run: Run, records: RecordStore): RecordStore {
  return {
    put: (key, value, ttl) => run(() => records.put(key, value, ttl)),
    putIfAbsent: (key, value, ttl) => run(() => records.putIfAbsent(key, value, ttl)),
    delete: (key) => run(() => records.delete(key)),
    get: (key) => run(() => records.get(key)),
    list: (prefix) => run(() => records.list(prefix))
  }
}
