import type { PresenceMember, PresenceUpdate } from '@fastify-realtime/protocol'
import type { PresenceList } from '@fastify-realtime/broker'
import type { Change } from './change.ts'
import type { TopicMembers } from './presence.ts'

/** Changes that are kept for the time in which an earlier one may still come. */
const MOST_AHEAD = 64

/** A topic above the limit is listed again when it has shrunk to this part of it, so that it does not go to and fro. */
const RELIST_AT = 0.8

/** What became of a principal since the watchers were last told. */
interface Untold {
  /** Whether the watchers know the principal as present. */
  readonly known: boolean
  now: PresenceMember | undefined
}

/**
 * What this node knows about the members of one topic: a list from the store and the changes since, applied in the
 * order of their versions. Pure: no clock, no socket, no store.
 */
export class TopicView {
  readonly #topic: string
  readonly #limit: number
  readonly #members = new Map<string, PresenceMember>()
  readonly #untold = new Map<string, Untold>()
  /** By the version that each one follows. */
  readonly #ahead = new Map<number, Change>()
  #version = 0
  #listed = 0
  #expected = 0
  #count = 0
  #counted = false
  #doubted = false
  #loose = false
  /** Whether the next update is the whole view. */
  #whole = false
  #moved = false

  constructor (topic: string, limit: number) {
    this.#topic = topic
    this.#limit = limit
  }

  get version (): number { return this.#version }
  get count (): number { return this.#count }
  /** Too many members to list: only their number is known. */
  get counted (): boolean { return this.#counted }
  /** Something is missing that only a new list can tell, unless it comes soon. */
  get behind (): boolean {
    return this.#doubted || this.#ahead.size > 0 || this.#expected > this.#version
  }

  /** Changes were applied that do not say what they follow, so one may be missing. */
  get loose (): boolean { return this.#loose }

  /** Asks for a new list. */
  doubt (): void {
    this.#doubted = true
  }

  /** The store has reached `version`: the changes up to there are on their way, or lost. */
  expect (version: number): void {
    this.#expected = Math.max(this.#expected, version)
  }

  apply (change: Change): void {
    if (change.version <= this.#listed) return
    if (change.version <= this.#version) {
      // Without a chain there is no telling whether it was applied before or has been overtaken.
      if (change.previous === undefined) this.#doubted = true
      return
    }
    if (!this.#follows(change)) {
      if (this.#ahead.size < MOST_AHEAD) this.#ahead.set(change.previous as number, change)
      else this.#doubted = true
      return
    }
    let next: Change | undefined = change
    while (next !== undefined) {
      this.#take(next)
      next = this.#nextAhead()
    }
  }

  /** Starts anew from what the store says. */
  reset (list: PresenceList): void {
    this.#version = this.#listed = list.version
    this.#count = list.count
    this.#counted = list.count > this.#limit
    this.#expected = 0
    this.#doubted = false
    this.#loose = false
    this.#ahead.clear()
    this.#untold.clear()
    this.#members.clear()
    if (!this.#counted) for (const { principal, info } of list.members) this.#members.set(principal, member(principal, info))
    this.#whole = true
  }

  snapshot (): TopicMembers {
    const head = { topic: this.#topic, version: this.#version, count: this.#count }
    return this.#counted ? head : { ...head, members: [...this.#members.values()] }
  }

  /** What the watchers have not been told yet; `undefined` when nothing. */
  take (): PresenceUpdate | undefined {
    const moved = this.#moved
    this.#moved = false
    const { joined, left } = this.#settle()
    if (this.#whole || (this.#counted && moved)) {
      this.#whole = false
      return { type: 'presence', ...this.snapshot() }
    }
    if (joined.length + left.length === 0) return undefined
    return { type: 'presence', topic: this.#topic, version: this.#version, count: this.#count, joined, left }
  }

  #settle (): { joined: PresenceMember[], left: PresenceMember[] } {
    const joined: PresenceMember[] = []
    const left: PresenceMember[] = []
    for (const [principal, { known, now }] of this.#untold) {
      if (now !== undefined) joined.push(now)
      else if (known) left.push({ principal })
    }
    this.#untold.clear()
    return { joined, left }
  }

  /** A topic that was empty before has lost its chain, but there is nothing to miss. */
  #follows ({ previous }: Change): boolean {
    return previous === undefined || previous === this.#version || (previous === 0 && this.#count === 0)
  }

  #nextAhead (): Change | undefined {
    const change = this.#ahead.get(this.#version)
    this.#ahead.delete(this.#version)
    return change
  }

  #take ({ kind, member: { principal, info }, version, previous }: Change): void {
    this.#version = version
    if (previous === undefined) this.#loose = true
    this.#moved = true
    if (this.#counted) {
      this.#count += kind === 'joined' ? 1 : -1
      if (this.#count <= this.#limit * RELIST_AT) this.#doubted = true
      return
    }
    const now = kind === 'joined' ? member(principal, info) : undefined
    const untold = this.#untold.get(principal)
    if (untold === undefined) this.#untold.set(principal, { known: this.#members.has(principal), now })
    else untold.now = now
    if (now === undefined) this.#members.delete(principal)
    else this.#members.set(principal, now)
    this.#count = this.#members.size
    if (this.#count > this.#limit) this.#stopListing()
  }

  #stopListing (): void {
    this.#counted = true
    this.#members.clear()
    this.#untold.clear()
  }
}

function member (principal: string, info: unknown): PresenceMember {
  return info === undefined ? { principal } : { principal, info }
}
