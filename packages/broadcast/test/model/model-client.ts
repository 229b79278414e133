import type { Envelope, Position, Publication } from '@fastify-realtime/protocol'
import type { Assembly } from '../../src/assembly.ts'
import type { Answer, Asked } from '../../src/recovery.ts'
import { FakeConnection } from './fake-connection.ts'

/** A stretch in which nothing may be missing. */
export interface Stretch {
  readonly start: Position
  readonly offsets: number[]
  /** Set when the client ended it or was told of a loss. */
  ended: boolean
}

/** Follows the rules of the wire for clients: it keeps its last position, and drops what is not newer. */
export class ModelClient {
  readonly stretches: Stretch[] = []
  /** How often it was told that what it missed cannot be recovered. */
  losses = 0
  readonly topic: string
  readonly #parts: Assembly
  #connection = new FakeConnection('ada')
  #former: string | undefined
  #position: Position | undefined
  /** Whether it wants to be subscribed. */
  wanted = false
  #busy = false
  #live = false

  constructor (parts: Assembly, topic: string) {
    this.#parts = parts
    this.topic = topic
    this.#listen()
  }

  /** Whether the server may think that everything is fine with this client. */
  get settled (): boolean { return !this.#busy && this.#live === this.wanted }

  /** Subscribes, or recovers when it was subscribed before. */
  async subscribe (): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.wanted = true
    const connection = this.#connection
    try {
      let more = true
      while (more) {
        this.#live = false
        const answer = await this.#parts.subscribing.subscribe(connection.self, this.topic, this.#asked(), (data) => {
          if (connection === this.#connection) this.#answered(data)
        })
        more = answer.more === true && connection === this.#connection
      }
    } catch {
      // It asks again later, as a client would.
    } finally {
      if (connection === this.#connection) this.#busy = false
    }
  }

  unsubscribe (): void {
    if (this.#busy) return
    const subscription = this.#parts.subscriptions.get(this.#connection.self, this.topic)
    if (subscription !== undefined) this.#parts.subscribing.end(subscription, 'requested')
    this.#end()
    this.#live = false
    this.wanted = false
  }

  /** The network fails; it comes back with a new connection and still holds its position. */
  disconnect (): void {
    this.#connection.state = 'closed'
    this.#connection.onSend = () => {}
    this.#parts.subscribing.forget(this.#connection.self)
    this.#former = this.#connection.id
    this.#connection = new FakeConnection('ada')
    this.#busy = false
    this.#live = false
    this.#listen()
  }

  #listen (): void {
    const connection = this.#connection
    connection.onSend = (envelope) => this.#take(envelope)
  }

  #asked (): Asked {
    if (this.#position === undefined) return { delta: true }
    return { delta: true, since: this.#former === undefined ? this.#position : { ...this.#position, connection: this.#former } }
  }

  #answered ({ position, recovered, publications = [], more }: Answer): void {
    if (position === undefined) throw new Error('an answer without a position')
    if (recovered === false) this.losses++
    const lost = recovered === false || this.#position === undefined
    if (lost) {
      this.#end()
      this.stretches.push({ start: position, offsets: [], ended: false })
    } else {
      for (const publication of publications) this.#see(publication)
    }
    this.#position = position
    this.#live = more !== true
  }

  #take (envelope: Envelope): void {
    if (envelope.type === 'unsubscribed') this.#live = false
    // What comes before the answer is discarded: the answer holds it.
    if (envelope.type === 'publication' && this.#live) this.#see(envelope as Publication)
  }

  #see ({ position }: Publication): void {
    const stretch = this.stretches.at(-1)
    if (position === undefined || stretch === undefined) throw new Error('a publication that nobody asked for')
    if (position.epoch === this.#position?.epoch && position.offset <= this.#position.offset) throw new Error(`seen before: ${position.offset}`)
    stretch.offsets.push(position.offset)
    this.#position = position
  }

  #end (): void {
    const stretch = this.stretches.at(-1)
    if (stretch !== undefined) stretch.ended = true
    this.#position = undefined
  }
}
