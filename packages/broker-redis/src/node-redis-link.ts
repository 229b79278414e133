import { Buffer } from 'node:buffer'
import { retryDelay } from './link.ts'
import type { ChannelKind, LinkEvents, RedisLink } from './link.ts'

type Listener = (payload: Buffer, channel: Buffer) => void

/** What of a client of the package `redis` (node-redis) is used. */
export interface NodeRedisClient {
  readonly isReady: boolean
  readonly isOpen: boolean
  readonly options?: { readonly socket?: object } | undefined
  duplicate (overrides: Record<string, unknown>): NodeRedisClient
  connect (): Promise<unknown>
  sendCommand (args: ReadonlyArray<string | Buffer>, options: object): Promise<unknown>
  subscribe (names: string[], listener: Listener, bufferMode: true): Promise<unknown>
  unsubscribe (names: string[], listener: Listener, bufferMode: true): Promise<unknown>
  pSubscribe (names: string[], listener: Listener, bufferMode: true): Promise<unknown>
  pUnsubscribe (names: string[], listener: Listener, bufferMode: true): Promise<unknown>
  destroy (): void
  close (): Promise<unknown>
  on (event: string, listener: (...args: unknown[]) => void): unknown
}

/** Bulk strings as bytes: 36 is `$`, their mark in RESP. */
const asBytes = { typeMapping: { 36: Buffer } }

export class NodeRedisLink implements RedisLink {
  readonly resubscribes = true
  readonly #client: NodeRedisClient
  readonly #exact: Listener
  /** By pattern, because the library does not say for which one a message came. */
  readonly #patterns = new Map<string, Listener>()
  readonly #events: LinkEvents
  #resetting: NodeJS.Timeout | undefined

  constructor (client: NodeRedisClient, events: LinkEvents) {
    this.#events = events
    this.#exact = (payload, channel) => events.message(channel.toString(), payload)
    this.#client = client.duplicate({
      keyPrefix: '',
      disableOfflineQueue: true,
      socket: { ...client.options?.socket, reconnectStrategy: retryDelay }
    })
    this.#client.on('ready', () => events.ready())
    for (const event of ['reconnecting', 'end', 'error']) this.#client.on(event, () => { if (!this.ready) events.down() })
  }

  get ready (): boolean { return this.#client.isReady }

  async connect (): Promise<void> {
    await this.#client.connect()
  }

  command (args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    return this.#client.sendCommand(args, asBytes)
  }

  async subscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    if (kind === 'exact') await this.#client.subscribe([...names], this.#exact, true)
    else await Promise.all(names.map((name) => this.#client.pSubscribe([name], this.#listener(name), true)))
  }

  async unsubscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    if (kind === 'exact') await this.#client.unsubscribe([...names], this.#exact, true)
    else await Promise.all(names.map((name) => this.#client.pUnsubscribe([name], this.#listener(name), true)))
  }

  reset (): void {
    this.#client.destroy()
    this.#events.down()
    // Not at once: whatever refused this connection, such as a Redis that loads its data, would refuse one after the other.
    clearTimeout(this.#resetting)
    this.#resetting = setTimeout(() => { this.#client.connect().catch(() => {}) }, retryDelay(1)).unref()
  }

  async close (): Promise<void> {
    if (this.ready) await this.#client.close()
    this.abort()
  }

  abort (): void {
    clearTimeout(this.#resetting)
    if (this.#client.isOpen) this.#client.destroy()
  }

  #listener (pattern: string): Listener {
    let listener = this.#patterns.get(pattern)
    if (listener === undefined) {
      listener = (payload, channel) => this.#events.message(channel.toString(), payload, pattern)
      this.#patterns.set(pattern, listener)
    }
    return listener
  }
}
