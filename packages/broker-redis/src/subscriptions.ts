import type { Buffer } from 'node:buffer'
import type { BrokerRecord } from '@fastify-realtime/broker'
import type { Keys } from './keys.ts'
import type { ChannelKind, RedisLink } from './link.ts'
import { decodeMessage } from './record-frame.ts'

/** How many channels one command subscribes to after a reconnect. */
const CHUNK = 500

/** What this node wants to hear, kept in step with the subscribing connection. */
export class Subscriptions {
  malformed = 0
  readonly #keys: Keys
  readonly #deliver: (record: BrokerRecord) => void
  /** Names that are subscribed, of either kind. */
  readonly #wanted: Record<ChannelKind, Set<string>> = { exact: new Set(), pattern: new Set() }
  /** Ended while the connection was down, where the library subscribes again by itself. */
  readonly #stale: Record<ChannelKind, Set<string>> = { exact: new Set(), pattern: new Set() }
  /** By name: calls for one topic take effect one after the other. */
  readonly #turns = new Map<string, Promise<void>>()

  constructor (keys: Keys, deliver: (record: BrokerRecord) => void) {
    this.#keys = keys
    this.#deliver = deliver
  }

  subscribe (link: RedisLink, channel: string, topic: string): Promise<void> {
    const [kind, name] = this.#name(channel, topic)
    return this.#inTurn(name, async () => {
      if (this.#wanted[kind].has(name)) return
      if (!link.ready) throw new Error('the subscribing connection is down')
      await link.subscribe(kind, [name])
      this.#stale[kind].delete(name)
      this.#wanted[kind].add(name)
    })
  }

  unsubscribe (link: RedisLink, channel: string, topic: string): Promise<void> {
    const [kind, name] = this.#name(channel, topic)
    return this.#inTurn(name, async () => {
      if (!this.#wanted[kind].delete(name)) return
      if (link.ready) await link.unsubscribe(kind, [name])
      else this.#stale[kind].add(name)
    })
  }

  /** After a reconnect. */
  async restore (link: RedisLink): Promise<void> {
    for (const kind of ['exact', 'pattern'] as const) {
      const names = [...this.#wanted[kind]]
      for (let at = 0; at < names.length && !link.resubscribes; at += CHUNK) await link.subscribe(kind, names.slice(at, at + CHUNK))
      const stale = [...this.#stale[kind]]
      this.#stale[kind].clear()
      if (stale.length > 0 && link.resubscribes) await link.unsubscribe(kind, stale)
    }
  }

  message (name: string, payload: Buffer, pattern?: string): void {
    if (pattern === undefined ? !this.#wanted.exact.has(name) : !this.#covered(name, pattern)) return
    let record: BrokerRecord
    try {
      record = decodeMessage(payload)
    } catch {
      this.malformed++
      return
    }
    this.#deliver(record)
  }

  /** Whether it is for the pattern alone: a topic that is wanted by name comes by name too. */
  #covered (name: string, pattern: string): boolean {
    if (!this.#wanted.pattern.has(pattern) || this.#wanted.exact.has(name)) return false
    const level = name.slice(pattern.replaceAll('\\', '').length - 1)
    return level !== '' && !level.includes(':')
  }

  #name (channel: string, topic: string): [ChannelKind, string] {
    return topic.endsWith('*') ? ['pattern', this.#keys.pattern(channel, topic)] : ['exact', this.#keys.channel(channel, topic)]
  }

  #inTurn (name: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work)
    const settled = turn.catch(() => {}).then(() => { if (this.#turns.get(name) === settled) this.#turns.delete(name) })
    this.#turns.set(name, settled)
    return turn
  }
}
