import type { HistoryStore, PresenceStore, RecordStore } from '../contract.ts'

/** Makes one call to the broker under its guard, or rejects as unavailable. */
export type Call = <T>(work: () => Promise<T>) => Promise<T>

/** For adapters too, like the two below: a store of which every call goes through `call`. */
export function guardHistory (store: HistoryStore, call: Call): HistoryStore {
  return {
    read: (channel, topic, query) => call(() => store.read(channel, topic, query)),
    position: (channel, topic) => call(() => store.position(channel, topic))
  }
}

export function guardPresence (store: PresenceStore, call: Call): PresenceStore {
  return {
    join: (topic, entry) => call(() => store.join(topic, entry)),
    leave: (topic, connection) => call(() => store.leave(topic, connection)),
    list: (topic, limit) => call(() => store.list(topic, limit)),
    renew: (node, ttl) => call(() => store.renew(node, ttl)),
    reap: () => call(() => store.reap())
  }
}

export function guardRecords (store: RecordStore, call: Call): RecordStore {
  return {
    local: store.local === true,
    put: (key, value, ttl) => call(() => store.put(key, value, ttl)),
    putIfAbsent: (key, value, ttl) => call(() => store.putIfAbsent(key, value, ttl)),
    delete: (key) => call(() => store.delete(key)),
    get: (key) => call(() => store.get(key)),
    list: (prefix) => call(() => store.list(prefix))
  }
}
