import { randomUUID } from 'node:crypto'
import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { BrokerRecord, HistoryStore, PresenceStore, PublishOptions, PublishResult, RecordStore } from '../contract.ts'
import { topicKey } from '../topic-key.ts'
import { Dispatch } from './dispatch.ts'
import type { Receiver } from './dispatch.ts'
import { Histories } from './history.ts'
import { resolveHubOptions } from './memory-options.ts'
import type { MemoryHubOptions } from './memory-options.ts'
import { NewestVersions } from './newest-versions.ts'
import { PresenceRegister } from './presence.ts'
import { RecentIds } from './recent-ids.ts'
import { Records } from './records.ts'

/** How often what is too old is freed. */
const SWEEP_INTERVAL = 10_000

/**
 * The memory that the brokers of one process share. One broker has a hub of its own; give several the same hub and they
 * behave like nodes of a cluster, which is what tests of many nodes want.
 */
export class MemoryHub {
  readonly history: HistoryStore
  readonly presence: PresenceStore
  readonly records: RecordStore
  readonly #clock: Clock
  readonly #dispatch = new Dispatch()
  readonly #histories: Histories
  readonly #ids: RecentIds
  readonly #versions: NewestVersions
  readonly #register = new PresenceRegister()
  readonly #entries: Records
  readonly #nodes = new Set<Receiver>()
  #timer: Timer | undefined

  constructor (options: MemoryHubOptions = {}) {
    const resolved = resolveHubOptions(options)
    this.#clock = resolved.clock
    this.#histories = new Histories(resolved, randomUUID().slice(0, 8))
    this.#ids = new RecentIds(resolved.maxIds)
    this.#versions = new NewestVersions(resolved.maxTopics)
    this.#entries = new Records(resolved.maxRecords)
    this.history = this.#historyStore()
    this.presence = this.#presenceStore()
    this.records = this.#recordStore()
  }

  /** Adds a node; the first one starts the sweeping of what is too old. */
  enter (node: Receiver): void {
    this.#nodes.add(node)
    this.#timer ??= this.#clock.setTimeout(() => this.#sweep(), SWEEP_INTERVAL)
  }

  /** Takes a node away once everything published so far is delivered. */
  async leave (node: Receiver): Promise<void> {
    await this.#dispatch.settled()
    this.#dispatch.forget(node)
    this.#nodes.delete(node)
    if (this.#nodes.size > 0 || this.#timer === undefined) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  subscribe (channel: string, topic: string, node: Receiver): void {
    this.#dispatch.add(channel, topic, node)
  }

  unsubscribe (channel: string, topic: string, node: Receiver): void {
    this.#dispatch.remove(channel, topic, node)
  }

  publish (record: BrokerRecord, { history, dedupe }: PublishOptions): PublishResult {
    const now = this.#clock.now()
    const key = topicKey(record.channel, record.topic)
    const idKey = `${key}\n${record.id}`
    const seen = dedupe === undefined ? undefined : this.#ids.find(idKey, now)
    if (seen !== undefined) return result(seen.position, true)
    if (record.version !== undefined && !this.#versions.accept(key, record.version)) return result(undefined, true)
    const kept = history === undefined ? record : this.#histories.append(key, record, history, now)
    if (dedupe !== undefined) this.#ids.add(idKey, kept.position, now + dedupe)
    this.#dispatch.deliver(kept)
    return result(kept.position, false)
  }

  #sweep (): void {
    const now = this.#clock.now()
    this.#histories.sweep(now)
    this.#ids.sweep(now)
    this.#entries.sweep(now)
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), SWEEP_INTERVAL)
  }

  #historyStore (): HistoryStore {
    const read: HistoryStore['read'] = async (channel, topic, query) =>
      this.#histories.read(topicKey(channel, topic), query, this.#clock.now())
    return {
      read,
      position: async (channel, topic) => (await read(channel, topic, { limit: 0 })).position
    }
  }

  #presenceStore (): PresenceStore {
    const register = this.#register
    return {
      join: async (topic, entry) => register.join(topic, entry),
      leave: async (topic, connection) => register.leave(topic, connection),
      list: async (topic, limit) => register.list(topic, limit),
      renew: async (node, ttl) => register.renew(node, this.#clock.now() + ttl),
      reap: async () => register.reap(this.#clock.now())
    }
  }

  #recordStore (): RecordStore {
    const entries = this.#entries
    const now = (): number => this.#clock.now()
    return {
      put: async (key, value, ttl) => entries.put(key, value, now() + ttl, now()),
      putIfAbsent: async (key, value, ttl) => entries.putIfAbsent(key, value, now() + ttl, now()),
      delete: async (key) => entries.delete(key),
      get: async (key) => entries.get(key, now()),
      list: async (prefix) => entries.list(prefix, now())
    }
  }
}

function result (position: PublishResult['position'], duplicate: boolean): PublishResult {
  return position === undefined ? { duplicate } : { position, duplicate }
}

/** Memory for several brokers of one process: `memoryBroker({ hub })`. */
export function memoryHub (options?: MemoryHubOptions): MemoryHub {
  return new MemoryHub(options)
}
