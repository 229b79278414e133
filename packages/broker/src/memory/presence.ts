import type { PresenceChange, PresenceEntry, PresenceList } from '../contract.ts'

/** Several connections of one principal fold into one member. */
interface Member {
  /** The newest connection speaks for its principal. */
  newest: PresenceEntry
  /** Those before it; absent while there are none, because most have one connection and a Map is large. */
  older: Map<string, PresenceEntry> | undefined
}

interface Topic {
  version: number
  /** By principal. */
  readonly members: Map<string, Member>
  /** By connection. */
  readonly places: Map<string, Member>
}

export type Vanished = PresenceEntry & Omit<PresenceChange, 'changed'> & { readonly topic: string }

/** Who is in which topic. Pure: time is an argument. */
export class PresenceRegister {
  readonly #topics = new Map<string, Topic>()
  /** Node → when its lease ends. */
  readonly #leases = new Map<string, number>()
  /** Whether there may be entries of nodes without a lease, so that nobody searches for what is not there. */
  #orphans = false
  /** One counter for all topics, so that a topic that empties and fills again goes on growing. */
  #version = 0

  get topics (): number { return this.#topics.size }
  get leases (): number { return this.#leases.size }

  join (name: string, entry: PresenceEntry): PresenceChange {
    if (!this.#leases.has(entry.node)) this.#orphans = true
    const former = this.#topics.get(name)?.places.get(entry.connection)
    if (former !== undefined && former.newest.principal !== entry.principal) this.leave(name, entry.connection)
    const topic = this.#open(name)
    const known = topic.members.get(entry.principal)
    const member = known ?? { newest: entry, older: undefined }
    if (known !== undefined) add(known, entry)
    topic.places.set(entry.connection, member)
    if (known !== undefined) return { changed: false, version: topic.version }
    const previous = topic.members.size === 0 ? 0 : topic.version
    topic.members.set(entry.principal, member)
    topic.version = ++this.#version
    return { changed: true, version: topic.version, previous }
  }

  leave (name: string, connection: string): PresenceChange {
    const topic = this.#topics.get(name)
    const member = topic?.places.get(connection)
    if (topic === undefined || member === undefined) {
      return { changed: false, version: topic?.version ?? this.#version }
    }
    topic.places.delete(connection)
    if (remove(member, connection)) return { changed: false, version: topic.version }
    const previous = topic.version
    topic.members.delete(member.newest.principal)
    topic.version = ++this.#version
    if (topic.members.size === 0) this.#topics.delete(name)
    return { changed: true, version: topic.version, previous }
  }

  list (name: string, limit: number): PresenceList {
    const topic = this.#topics.get(name)
    if (topic === undefined) return { members: [], count: 0, version: this.#version }
    const members: PresenceEntry[] = []
    for (const member of topic.members.values()) {
      if (members.length >= limit) break
      members.push(member.newest)
    }
    return { members, count: topic.members.size, version: topic.version }
  }

  renew (node: string, until: number): void {
    this.#leases.set(node, until)
  }

  /** Takes away the entries of nodes without a living lease, and answers the principals that vanished with them. */
  reap (now: number): Vanished[] {
    for (const [node, until] of this.#leases) {
      if (now < until) continue
      this.#leases.delete(node)
      this.#orphans = true
    }
    if (!this.#orphans) return []
    this.#orphans = false
    const vanished: Vanished[] = []
    for (const [name, topic] of this.#topics) {
      const dead = [...topic.members.values()].flatMap(({ newest, older }) => [...older?.values() ?? [], newest])
        .filter((entry) => !this.#leases.has(entry.node))
      for (const entry of dead) {
        const { changed, ...change } = this.leave(name, entry.connection)
        if (changed) vanished.push({ ...entry, topic: name, ...change })
      }
    }
    return vanished
  }

  #open (name: string): Topic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { version: this.#version, members: new Map(), places: new Map() }
      this.#topics.set(name, topic)
    }
    return topic
  }
}

function add (member: Member, entry: PresenceEntry): void {
  const { newest } = member
  member.newest = entry
  member.older?.delete(entry.connection)
  if (newest.connection === entry.connection) return
  member.older ??= new Map()
  member.older.set(newest.connection, newest)
}

/** Answers whether anything of the member is left. */
function remove (member: Member, connection: string): boolean {
  const { newest, older } = member
  if (newest.connection === connection) {
    for (const entry of older?.values() ?? []) member.newest = entry
    if (member.newest === newest) return false
  }
  older?.delete(newest.connection === connection ? member.newest.connection : connection)
  if (older?.size === 0) member.older = undefined
  return true
}
