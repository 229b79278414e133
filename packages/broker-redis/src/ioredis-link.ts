import type { Buffer } from 'node:buffer'
import { LOADING_RETRY, retryDelay } from './link.ts'
import type { ChannelKind, LinkEvents, RedisLink } from './link.ts'

/** What of an ioredis client is used. */
export interface IoredisClient {
  readonly status: string
  duplicate (override: Record<string, unknown>): IoredisClient
  connect (): Promise<unknown>
  callBuffer (command: string, ...args: Array<string | Buffer>): Promise<unknown>
  subscribe (...names: string[]): Promise<unknown>
  unsubscribe (...names: string[]): Promise<unknown>
  psubscribe (...names: string[]): Promise<unknown>
  punsubscribe (...names: string[]): Promise<unknown>
  disconnect (reconnect?: boolean): void
  quit (): Promise<unknown>
  on (event: string, listener: (...args: unknown[]) => void): unknown
}

const overrides = {
  lazyConnect: true,
  // What cannot be sent now is refused, and what was sent may have been done: sending it again would publish it twice.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // Rejects what was sent as soon as the connection is lost; any other value lets it wait, or for ever.
  maxRetriesPerRequest: 0,
  autoResubscribe: false,
  // After this many milliseconds a socket that the server does not end is destroyed.
  disconnectTimeout: 100,
  maxLoadingRetryTime: LOADING_RETRY,
  keyPrefix: '',
  retryStrategy: retryDelay
}

export class IoredisLink implements RedisLink {
  readonly resubscribes = false
  readonly #client: IoredisClient

  constructor (client: IoredisClient, events: LinkEvents) {
    this.#client = client.duplicate(overrides)
    this.#client.on('ready', () => events.ready())
    this.#client.on('close', () => events.down())
    // Without a listener ioredis logs; every command that is concerned rejects anyway.
    this.#client.on('error', () => {})
    this.#client.on('messageBuffer', (channel, payload) => events.message(String(channel), payload as Buffer))
    this.#client.on('pmessageBuffer', (pattern, channel, payload) =>
      events.message(String(channel), payload as Buffer, String(pattern)))
  }

  get ready (): boolean { return this.#client.status === 'ready' }

  async connect (): Promise<void> {
    await this.#client.connect()
  }

  command ([name, ...args]: ReadonlyArray<string | Buffer>): Promise<unknown> {
    return this.#client.callBuffer(String(name), ...args)
  }

  async subscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    await (kind === 'exact' ? this.#client.subscribe(...names) : this.#client.psubscribe(...names))
  }

  async unsubscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    await (kind === 'exact' ? this.#client.unsubscribe(...names) : this.#client.punsubscribe(...names))
  }

  reset (): void {
    this.#client.disconnect(true)
  }

  async close (): Promise<void> {
    if (this.ready) await this.#client.quit()
    this.abort()
  }

  abort (): void {
    this.#client.disconnect()
  }
}
