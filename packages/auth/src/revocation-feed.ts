import { randomUUID } from 'node:crypto'
import type { BrokerChannel, BrokerRecord, RecordStore, SharedBroker } from '@fastify-realtime/broker'
import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { Revocation, Revocations } from './revocations.ts'

export interface FeedLog {
  warn (object: object, message: string): void
}

export interface FeedParts {
  readonly broker: SharedBroker
  readonly list: Revocations
  readonly clock: Clock
  readonly log: FeedLog
  /** Ends what the revocation concerns on this node. */
  readonly enforce: (revocation: Revocation) => void
}

const topic = 'revocations'
const prefix = 'auth:revoked:'
const retryAfter = 1_000

/**
 * Keeps the revocations of all nodes the same: the records hold them for nodes that start later or were cut off, the
 * channel brings them to the others at once.
 */
export class RevocationFeed {
  readonly #parts: FeedParts
  readonly #channel: BrokerChannel
  #undo: (() => void) | undefined
  #retry: Timer | undefined
  #stopped = false

  constructor (parts: FeedParts) {
    this.#parts = parts
    this.#channel = parts.broker.open('auth', (record) => this.#deliver(record))
  }

  /** Settles when this node knows every living revocation. */
  async start (): Promise<void> {
    const { broker } = this.#parts
    await broker.start()
    // Subscribed before the records are read, so that nothing falls between.
    await this.#channel.subscribe(topic)
    // And listened for, because the broker may go and come back while they are read.
    this.#undo = broker.on('up', () => this.#reload())
    await this.#load()
  }

  stop (): void {
    this.#stopped = true
    this.#undo?.()
    this.#cancelRetry()
  }

  /**
   * Takes effect on this node at once, even when the broker is away. Settles when every node that starts later will
   * know it and the others have been told; rejects when that could not be done.
   */
  async revoke (revocation: Revocation): Promise<void> {
    this.#take(revocation)
    const { clock } = this.#parts
    const time = clock.time()
    const payload = JSON.stringify(revocation)
    const id = randomUUID()
    try {
      await this.#records().put(prefix + id, payload, revocation.until - time)
    } finally {
      // After the record, so that a node that starts now misses neither; and even without it, for those that run.
      await this.#channel.publish({ topic, event: 'revoked', id, time, payload })
    }
  }

  #deliver ({ payload }: BrokerRecord): void {
    this.#take(JSON.parse(String(payload)) as Revocation)
  }

  async #load (): Promise<void> {
    for (const { value } of await this.#records().list(prefix)) this.#take(JSON.parse(value) as Revocation)
  }

  /** What was revoked while this node was cut off did not come by the channel. */
  #reload (): void {
    this.#cancelRetry()
    this.#load().catch((error: unknown) => {
      if (this.#stopped) return
      this.#parts.log.warn({ err: error }, 'revocations could not be read again')
      this.#retry = this.#parts.clock.setTimeout(() => this.#reload(), retryAfter)
    })
  }

  #cancelRetry (): void {
    if (this.#retry !== undefined) this.#parts.clock.clearTimeout(this.#retry)
    this.#retry = undefined
  }

  #take (revocation: Revocation): void {
    if (this.#parts.list.add(revocation)) this.#parts.enforce(revocation)
  }

  #records (): RecordStore {
    return this.#parts.broker.require('records', 'auth')
  }
}
