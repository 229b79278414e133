import { BrokerUnavailableError } from '@fastify-realtime/broker'
import type { BrokerChannel, BrokerRecord, ChannelRecord, PublishOptions, PublishResult, SharedBroker } from '@fastify-realtime/broker'
import type { Clock } from '@fastify-realtime/protocol'

/** When so many are remembered, those before them are forgotten. */
const REMEMBERED = 10_000

export interface LocalDeliveryParts {
  readonly channel: Pick<BrokerChannel, 'publish'>
  readonly broker: Pick<SharedBroker, 'up'>
  readonly clock: Clock
  /** How long an id is the same publication, in milliseconds. */
  readonly idempotencyWindow: number
  /** Where publications go in the broker's place. */
  readonly deliver: (record: BrokerRecord) => void
}

/** `local`: the broker is away, so only this node's subscribers get it. */
export type CarriedResult = PublishResult & { readonly local?: true }

/** A publication that the broker was given and has not answered. */
interface Asked {
  calls: number
  came: boolean
}

/**
 * Stands in for the broker while it is away, on topics that ask for it. A broker that does not answer may still bring what
 * it was given, also much later; so what went out here is recognised and does not go out twice.
 */
export class LocalDelivery {
  readonly #parts: LocalDeliveryParts
  #away = false
  /** By topic and id. */
  readonly #asked = new Map<string, Asked>()
  /** What went out here, and until when its id means it. Two halves: when the newer one is full, the older one goes. */
  #newer = new Map<string, number>()
  #older = new Map<string, number>()
  #waiting: BrokerRecord[] = []
  #turn: NodeJS.Immediate | undefined

  constructor (parts: LocalDeliveryParts) {
    this.#parts = parts
  }

  /** What is kept. */
  get size (): number { return this.#asked.size + this.#newer.size + this.#older.size }

  /** The broker went away. */
  down (): void {
    this.#away = true
  }

  /** The broker is back. */
  up (): void {
    this.#away = false
  }

  /** Hands it to the broker, or delivers it on a later turn when the broker cannot take it now. */
  async publish (record: ChannelRecord, options: PublishOptions): Promise<CarriedResult> {
    const key = keyOf(record)
    // What the broker never gets it cannot bring; only an id that may be repeated is to be remembered.
    if (this.#away) return this.#here(record, options.dedupe === undefined ? undefined : key)
    const asked = this.#asked.get(key) ?? { calls: 0, came: false }
    asked.calls++
    this.#asked.set(key, asked)
    try {
      const result = await this.#parts.channel.publish(record, options)
      this.#answered(key, asked)
      return result
    } catch (error) {
      this.#answered(key, asked)
      // Neither away nor up: it was not started yet, or is stopped.
      if (!(error instanceof BrokerUnavailableError) || (!this.#away && !this.#parts.broker.up)) throw error
      // Only its answer was lost.
      if (asked.came) return { duplicate: false }
      return this.#here(record, key)
    }
  }

  /** Whether what the broker brings is to go on: not when it went out here. */
  admits (record: BrokerRecord): boolean {
    if (this.size === 0) return true
    const key = keyOf(record)
    if (this.#went(key)) return false
    const asked = this.#asked.get(key)
    if (asked !== undefined) asked.came = true
    return true
  }

  /** Gives up what waits; from now on only the broker is asked. */
  close (): void {
    this.#away = false
    this.#waiting = []
    clearImmediate(this.#turn)
  }

  #answered (key: string, asked: Asked): void {
    if (--asked.calls === 0) this.#asked.delete(key)
  }

  #here (record: ChannelRecord, key: string | undefined): CarriedResult {
    if (key !== undefined) {
      if (this.#went(key)) return { duplicate: true, local: true }
      this.#remember(key)
    }
    this.#waiting.push({ ...record, channel: 'topics' })
    // Never inside publish().
    if (this.#waiting.length === 1) this.#turn = setImmediate(() => this.#flush())
    return { duplicate: false, local: true }
  }

  #flush (): void {
    const batch = this.#waiting
    this.#waiting = []
    for (const record of batch) this.#parts.deliver(record)
  }

  #went (key: string): boolean {
    const until = this.#newer.get(key) ?? this.#older.get(key)
    return until !== undefined && this.#parts.clock.now() < until
  }

  #remember (key: string): void {
    const { clock, idempotencyWindow } = this.#parts
    this.#newer.set(key, clock.now() + idempotencyWindow)
    if (this.#newer.size < REMEMBERED) return
    this.#older = this.#newer
    this.#newer = new Map()
  }
}

function keyOf ({ topic, id }: ChannelRecord): string {
  return `${topic}\n${id}`
}
