import { Buffer } from 'node:buffer'
import type { PresenceChange, PresenceEntry, PresenceList, PresenceStore } from '@fastify-realtime/broker'
import type { JetStream, Stored } from './jetstream.ts'
import type { Streams } from './streams.ts'
import type { Subjects } from './subjects.ts'

export interface PresenceParts {
  readonly jetStream: JetStream
  readonly streams: Streams
  readonly subjects: Subjects
  /** The server's time, wall-clock milliseconds. */
  readonly time: () => number
}

type Reaped = PresenceEntry & { readonly topic: string, readonly version: number }

/** A principal in a topic: who has no connections left is remembered for the version that its going made. */
interface Member {
  readonly seq: number
  readonly topic: string
  /** Where the principal last came or went. */
  readonly version: number
  /** The newest connection last. */
  readonly entries: readonly PresenceEntry[]
}

/** `since`: the version, or 0 when this message makes it. */
type MemberData = [topic: string, since: number, entries: readonly PresenceEntry[]]
type LeaseData = [node: string, ttl: number]

/** How many who left are remembered, how many of them each leave looks at, and for how many milliseconds a topic's last one stays. */
const MAX_GONE = 10_000
const LOOK_AT = 10
const REMEMBERED = 86_400_000

/**
 * One message for each principal in a topic, replaced only by who saw the newest one, and one lease for each node. A topic's
 * version is the sequence number of the newest message with which a principal came or went.
 */
export class NatsPresence implements PresenceStore {
  readonly #parts: PresenceParts
  /** By topic and connection: the principal of each entry that this node made. */
  readonly #own = new Map<string, string>()
  /** Messages of those who left, by sequence number, and when they are freed. */
  readonly #gone = new Map<number, number>()

  constructor (parts: PresenceParts) {
    this.#parts = parts
  }

  async join (topic: string, entry: PresenceEntry): Promise<PresenceChange> {
    const { connection, principal } = entry
    const key = `${topic}\n${connection}`
    const former = this.#own.get(key)
    if (former !== undefined && former !== principal) await this.leave(topic, connection)
    const { changed, version } = await this.#change(topic, principal, (entries) => [...without(entries, connection), entry])
    this.#own.set(key, principal)
    return { changed, version }
  }

  async leave (topic: string, connection: string): Promise<PresenceChange> {
    this.#freeGone()
    const key = `${topic}\n${connection}`
    const principal = this.#own.get(key) ?? await this.#principalOf(topic, connection)
    if (principal === undefined) return { changed: false, version: (await this.list(topic, 0)).version }
    const { changed, version } = await this.#change(topic, principal, (entries) => without(entries, connection))
    this.#own.delete(key)
    return { changed, version }
  }

  async list (topic: string, limit: number): Promise<PresenceList> {
    const all = await this.#scan(this.#parts.subjects.presence(topic))
    const version = all.reduce((newest, member) => Math.max(newest, member.version), 0)
    const here = all.filter(({ entries }) => entries.length > 0)
    return { members: here.slice(0, limit).flatMap(({ entries }) => entries.slice(-1)), count: here.length, version }
  }

  async renew (node: string, ttl: number): Promise<void> {
    const { jetStream, subjects } = this.#parts
    await jetStream.publish(subjects.lease(node), JSON.stringify([node, ttl] satisfies LeaseData))
  }

  async reap (): Promise<Reaped[]> {
    const { jetStream, streams, subjects, time } = this.#parts
    const { messages } = await jetStream.scan(streams.presence.name, subjects.lease(), 1, (pending) => pending)
    const living = new Set<string>()
    const ended: Stored[] = []
    for (const lease of messages) {
      const [node, ttl] = parse<LeaseData>(lease)
      if (lease.time + ttl > time()) living.add(node)
      else ended.push(lease)
    }
    if (ended.length === 0) return []
    const reaped: Reaped[] = []
    for (const { topic, entries: [first] } of await this.#scan(subjects.presence())) {
      if (first === undefined) continue
      const { changed, version, before } = await this.#change(topic, first.principal, (entries) => entries.filter(({ node }) => living.has(node)))
      if (changed) reaped.push(...before.slice(-1).map((entry) => ({ ...entry, topic, version })))
    }
    // Not before its entries are gone. A node that has renewed it meanwhile has another one.
    for (const { seq } of ended) await this.#free(seq)
    return reaped
  }

  /** Replaces what is there, as often as another node is faster. Of all who try, one makes the change. */
  async #change (topic: string, principal: string, change: (entries: readonly PresenceEntry[]) => readonly PresenceEntry[]): Promise<{
    readonly changed: boolean, readonly version: number, readonly before: readonly PresenceEntry[]
  }> {
    const { jetStream, streams, subjects, time } = this.#parts
    const subject = subjects.presence(topic, principal)
    for (;;) {
      const found = await jetStream.get(streams.presence.name, { last_by_subj: subject })
      const { seq, version, entries } = found === undefined ? { seq: 0, version: 0, entries: [] } : member(found)
      const next = change(entries)
      const changed = (entries.length === 0) !== (next.length === 0)
      if (!changed && next.length === entries.length && next.every((entry, at) => entry === entries[at])) return { changed, version, before: entries }
      const ack = await jetStream.publishAfter(seq, subject, JSON.stringify([topic, changed ? 0 : version, next] satisfies MemberData))
      if (ack === undefined) continue
      if (next.length === 0 && this.#gone.size < MAX_GONE) this.#gone.set(ack.seq, time() + REMEMBERED)
      return { changed, version: changed ? ack.seq : version, before: entries }
    }
  }

  async #principalOf (topic: string, connection: string): Promise<string | undefined> {
    const all = await this.#scan(this.#parts.subjects.presence(topic))
    return all.flatMap(({ entries }) => entries).find((entry) => entry.connection === connection)?.principal
  }

  /** Frees on the way who left, unless it is the last to say how far its topic had come. */
  async #scan (filter: string): Promise<Member[]> {
    const { jetStream, streams } = this.#parts
    const { messages } = await jetStream.scan(streams.presence.name, filter, 1, (pending) => pending)
    const all = messages.map(member)
    const newest = new Map<string, Member>()
    for (const one of all) {
      const other = newest.get(one.topic)
      if (other === undefined || one.version > other.version) newest.set(one.topic, one)
    }
    for (const one of all) {
      if (one.entries.length === 0 && newest.get(one.topic) !== one) void this.#free(one.seq)
    }
    return all
  }

  #freeGone (): void {
    for (const [seq, until] of [...this.#gone].slice(0, LOOK_AT)) {
      // They left in this order.
      if (until > this.#parts.time()) return
      this.#gone.delete(seq)
      void this.#free(seq)
    }
  }

  /** By number: what replaced it has another one. What cannot be freed is freed by the next who comes across it. */
  async #free (seq: number): Promise<void> {
    const { jetStream, streams } = this.#parts
    await jetStream.api(`STREAM.MSG.DELETE.${streams.presence.name}`, { seq, no_erase: true }).catch(() => {})
  }
}

function without (entries: readonly PresenceEntry[], connection: string): PresenceEntry[] {
  return entries.filter((entry) => entry.connection !== connection)
}

function member (message: Stored): Member {
  const [topic, since, entries] = parse<MemberData>(message)
  return { seq: message.seq, topic, version: since === 0 ? message.seq : since, entries }
}

function parse<Data> ({ data }: Stored): Data {
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()) as Data
}
