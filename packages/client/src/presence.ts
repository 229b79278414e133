import { Emitter } from '@fastify-realtime/protocol'
import type { PresenceMember, PresenceUpdate } from '@fastify-realtime/protocol'
import { RealtimeError } from './errors.ts'
import type { Standing } from './standing.ts'
import type { StandingRequest } from './standing-request.ts'

export interface PresenceChange {
  readonly joined: readonly PresenceMember[]
  readonly left: readonly PresenceMember[]
}

export interface PresenceEvents {
  /** Somebody came or went, or the whole list was read; after a reconnect it says what changed meanwhile. */
  change: (change: PresenceChange) => void
  /** Nothing is told any more: with an error the server refused or ended it, without one you stopped it. */
  end: (error?: RealtimeError) => void
}

/** Who is in a topic, kept up to date until `stop()`. */
export class Presence implements Standing {
  readonly topic: string
  /** By principal. Empty before the first `change`, and in topics that only tell the number. */
  readonly members: ReadonlyMap<string, PresenceMember> = new Map()
  /** How many principals there are. */
  count: number = 0
  /** Whether `members` holds them all; huge topics only tell `count`. */
  listed: boolean = false
  readonly #events: Emitter<PresenceEvents>
  readonly #request: StandingRequest
  readonly #forget: () => void
  #version = 0
  #live = false

  /** Made by `client.presence()`. */
  constructor (topic: string, request: StandingRequest, report: (error: unknown) => void, forget: () => void) {
    this.topic = topic
    this.#request = request
    this.#events = new Emitter(report)
    this.#forget = forget
  }

  /** Adds a listener and answers the function that takes it away again. */
  on<Name extends keyof PresenceEvents> (event: Name, listener: PresenceEvents[Name]): () => void {
    return this.#events.on(event, listener)
  }

  stop (): void {
    this.#request.tell('presence', { topic: this.topic, watch: false })
    this.end()
  }

  /** @internal */
  open (): void {
    this.#request.ask('presence', { topic: this.topic }, (reply) => {
      this.#live = true
      this.update(reply as PresenceUpdate)
    }, (error) => this.end(error))
  }

  /** @internal What was known stays until it is read anew. */
  pause (): void {
    this.#live = false
    this.#request.stop()
  }

  /** @internal */
  end (error?: RealtimeError): void {
    this.pause()
    this.#forget()
    this.#events.emit('end', error)
  }

  /** @internal What changed, or else the whole. */
  update ({ version, count, members, joined, left, ended }: PresenceUpdate): void {
    if (ended !== undefined) return this.end(new RealtimeError(ended, `Closed: ${ended}`))
    const whole = (joined ?? left) === undefined
    if (!this.#live || (!whole && version <= this.#version)) return
    const known = this.members as Map<string, PresenceMember>
    if (whole) {
      const now = new Set(members?.map(({ principal }) => principal))
      joined = members?.filter(({ principal }) => !known.has(principal))
      left = [...known.values()].filter(({ principal }) => !now.has(principal))
      this.listed = members !== undefined
    }
    this.#version = version
    joined ??= []
    left ??= []
    for (const { principal } of left) known.delete(principal)
    for (const member of members ?? joined) known.set(member.principal, member)
    this.count = count ?? known.size
    this.#events.emit('change', { joined, left })
  }
}
