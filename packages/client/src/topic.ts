import type { Emitter, Position } from '@fastify-realtime/protocol'
import type { ApplyDelta } from './delta.ts'
import { RealtimeError } from './errors.ts'
import { PositionGate } from './position-gate.ts'
import { isPosition } from './publication.ts'
import type { Received } from './publication.ts'
import type { Standing } from './standing.ts'
import type { StandingRequest } from './standing-request.ts'

export interface TopicOptions {
  /** Begin after this position, such as one that was stored before. */
  readonly since?: Position
  /** Begin with the newest publication of the topic, if the topic keeps it. */
  readonly latest?: boolean
  /** Take changes instead of whole data where the topic offers it: `applyDelta` of `@fastify-realtime/client/delta`. */
  readonly delta?: ApplyDelta
}

/** What a topic tells. */
export interface TopicEvents {
  live: () => void
  publication: (publication: Received) => void
  /** Whether everything came that was published since the topic was last live. */
  recovered: (recovered: boolean) => void
  /** It will not be live any more; without an error that was wanted. */
  end: (error?: RealtimeError) => void
}

export type TopicListener = Pick<Emitter<TopicEvents>, 'emit'>

interface SubscribeReply {
  readonly position?: unknown
  readonly recovered?: unknown
  readonly publications?: readonly Received[]
  readonly more?: unknown
}

/** A topic on this client's side of the wire: subscribes on every connection, recovers, and lets nothing through twice. */
export class Topic implements Standing {
  readonly name: string
  /** What the topics of a pattern begin with. */
  readonly prefix: string | undefined
  readonly listeners: Set<TopicListener> = new Set()
  readonly #gate = new PositionGate()
  readonly #request: StandingRequest
  readonly #options: TopicOptions
  readonly #forget: () => void
  /** Whether the server subscribes every connection to it by itself. */
  #automatic = false
  #live = false
  #ended = false
  /** Whether there is something before that can be recovered. */
  #begun: boolean
  /** The connection, and the one on which it was last live. */
  #connection: string | undefined
  #former: string | undefined
  #last: Received | undefined

  /** @param forget called once, when the topic ends by itself. */
  constructor (name: string, options: TopicOptions, request: StandingRequest, forget: () => void) {
    this.name = name
    this.prefix = name.endsWith('*') ? name.slice(0, -1) : undefined
    this.#options = options
    this.#request = request
    this.#forget = forget
    this.#begun = options.since !== undefined
    this.#gate.position = options.since
  }

  get isLive (): boolean { return this.#live }
  get position (): Position | undefined { return this.#gate.position }
  get last (): Received | undefined { return this.#last }

  /** There is a connection. `state` is what its welcome says, when the server subscribed it by itself. */
  open (connection: string, state?: { readonly position?: unknown }): void {
    this.#connection = connection
    this.#automatic = state !== undefined
    if (state === undefined) {
      // Without a listener it was there because of who the connection acted for before.
      if (this.listeners.size > 0) this.#subscribe()
      else this.end()
      return
    }
    const { position: now } = state
    const { position } = this
    if (!this.#begun) return this.#goLive(now)
    const comparable = isPosition(now) && position !== undefined
    if (comparable && (now.epoch !== position.epoch || now.offset !== position.offset)) this.#subscribe()
    else this.#goLive(now, comparable)
  }

  /** The connection is gone, or it does not matter any more. */
  pause (): void {
    this.#live = false
    this.#request.stop()
  }

  /** What comes while it is not live the reply to `subscribe` contains. */
  publication (publication: Received): void {
    if (this.#live) this.#take(publication)
  }

  /** The answer to a subscribe that is on its way could be about what has just ended. */
  unsubscribed ({ code, reason }: { readonly code: string, readonly reason: string }): void {
    if (code !== 'position-lost' && code !== 'unavailable') this.end(new RealtimeError(code, reason))
    else this.#recover()
  }

  leave (listener: TopicListener): void {
    this.listeners.delete(listener)
    if (this.listeners.size > 0 || this.#automatic) return
    this.#request.tell('unsubscribe', { topic: this.name })
    this.end()
  }

  end (error?: RealtimeError): void {
    this.#ended = true
    this.pause()
    this.#forget()
    this.#tell('end', error)
    this.listeners.clear()
  }

  #recover (): void {
    this.pause()
    this.#request.later(() => this.#subscribe())
  }

  #subscribe (): void {
    const { position } = this
    const { latest, delta } = this.#options
    const since = position === undefined ? undefined : { ...position, connection: this.#former }
    const data = { topic: this.name, since, latest, delta: delta === undefined ? undefined : true }
    this.#request.ask('subscribe', data, (reply) => this.#answered((reply ?? {}) as SubscribeReply), (error) => this.end(error))
  }

  #answered ({ position, recovered, publications = [], more }: SubscribeReply): void {
    const complete = more === true || recovered === true
    if (this.#begun && !complete) this.#tell('recovered', false)
    const before = this.position
    for (const publication of publications) this.#take(publication)
    // A listener may have left.
    if (this.#ended) return
    if (more !== true) return this.#goLive(position, this.#begun && complete ? true : undefined)
    if (isPosition(position)) this.#gate.advance(position)
    // A page that leads nowhere is asked for again, but not in a hurry.
    if (this.position === before) this.#recover()
    else this.#subscribe()
  }

  #goLive (position: unknown, recovered?: boolean): void {
    if (isPosition(position)) this.#gate.advance(position)
    else this.#gate.position = undefined
    this.#live = this.#begun = true
    this.#former = this.#connection
    this.#request.holds()
    if (recovered !== undefined) this.#tell('recovered', recovered)
    this.#tell('live')
  }

  #take (publication: Received): void {
    const { delta } = publication
    if (delta !== undefined) {
      const { base } = delta as { base?: unknown }
      if (this.#last === undefined || this.#last.id !== base) return this.#recover()
      publication = { ...publication, data: this.#options.delta?.(this.#last.data, publication.data) }
    }
    // A pattern brings many topics, each with positions of its own.
    if (!this.#gate.pass(this.prefix === undefined ? publication : { id: publication.id as string })) return
    this.#last = publication
    this.#tell('publication', publication)
  }

  #tell<Name extends keyof TopicEvents> (event: Name, ...args: Parameters<TopicEvents[Name]>): void {
    for (const listener of this.listeners) listener.emit(event, ...args)
  }
}
