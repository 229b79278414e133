import { Buffer } from 'node:buffer'
import { LOADING_RETRY, retryDelay } from './link.ts'
import type { ChannelKind, LinkEvents, RedisLink } from './link.ts'

/** What of a cluster client of ioredis is used. */
export interface IoredisClusterClient {
  readonly status: string
  duplicate (startupNodes: [], override: Record<string, unknown>): IoredisClusterClient
  nodes (role: 'master'): Array<{ callBuffer (command: string, ...args: Array<string | Buffer>): Promise<unknown> }>
  connect (): Promise<unknown>
  callBuffer (command: string, ...args: Array<string | Buffer>): Promise<unknown>
  subscribe (...names: string[]): Promise<unknown>
  unsubscribe (...names: string[]): Promise<unknown>
  psubscribe (...names: string[]): Promise<unknown>
  punsubscribe (...names: string[]): Promise<unknown>
  ssubscribe (...names: string[]): Promise<unknown>
  sunsubscribe (...names: string[]): Promise<unknown>
  disconnect (reconnect?: boolean): void
  quit (): Promise<unknown>
  on (event: string, listener: (...args: unknown[]) => void): unknown
}

const overrides = {
  lazyConnect: true,
  enableOfflineQueue: false,
  // What was sent may have been done: sending it again would publish it twice. A redirected command has done nothing.
  retryDelayOnFailover: 0,
  redisOptions: { maxRetriesPerRequest: 0, keyPrefix: '', disconnectTimeout: 100, maxLoadingRetryTime: LOADING_RETRY },
  keyPrefix: '',
  // With sharded channels the library's own reconnecting stops for good when a cluster answers that it is not ready yet.
  clusterRetryStrategy: null
}

/** All nodes of a Redis Cluster as one connection. */
export class IoredisClusterLink implements RedisLink {
  /** The library does, too, but says not when it is done. */
  readonly resubscribes = false
  readonly #events: LinkEvents
  readonly #sharded: boolean
  readonly #duplicate: () => IoredisClusterClient
  #client: IoredisClusterClient
  #attempts = 0
  #timer: NodeJS.Timeout | undefined
  #ended = false
  readonly #waiting: Array<() => void> = []

  constructor (client: IoredisClusterClient, events: LinkEvents, sharded: boolean) {
    this.#events = events
    this.#sharded = sharded
    this.#duplicate = () => client.duplicate([], { ...overrides, shardedSubscribers: sharded })
    this.#client = this.#make()
  }

  get ready (): boolean { return this.#client.status === 'ready' }

  async connect (): Promise<void> {
    // Until it succeeds: a client that fails is followed by another.
    const ready = new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    this.#begin()
    await ready
  }

  /** By its keys to the node that has them; what has none concerns every master. */
  async command (args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    const [name, ...rest] = args
    if (name === 'INFO') return this.#info()
    if (name === 'SCRIPT') return this.#everywhere(args)
    return this.#client.callBuffer(String(name), ...rest)
  }

  async subscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    if (kind === 'pattern') await this.#client.psubscribe(...names)
    // Names of different shards need commands of their own.
    else if (this.#sharded) await Promise.all(names.map((name) => this.#client.ssubscribe(name)))
    else await this.#client.subscribe(...names)
  }

  async unsubscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    if (kind === 'pattern') await this.#client.punsubscribe(...names)
    else if (this.#sharded) await Promise.all(names.map((name) => this.#client.sunsubscribe(name)))
    else await this.#client.unsubscribe(...names)
  }

  reset (): void {
    this.#client.disconnect()
  }

  async close (): Promise<void> {
    this.#ended = true
    if (this.ready) await this.#client.quit()
    this.abort()
  }

  abort (): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#client.disconnect()
  }

  #make (): IoredisClusterClient {
    const client = this.#duplicate()
    client.on('ready', () => {
      this.#attempts = 0
      for (const resolve of this.#waiting.splice(0)) resolve()
      this.#events.ready()
    })
    // A node that comes later may be one that was restarted or took over: it knows no script, and may have forgotten something.
    client.on('+node', () => this.#events.ready())
    // Whoever takes over may lack what the lost one acknowledged, and the library moves its subscriptions without a word. So
    // begin anew: that is told, and verified.
    client.on('-node', () => { if (client === this.#client && this.ready) this.reset() })
    client.on('close', () => this.#closed(client))
    client.on('error', () => {})
    for (const event of ['messageBuffer', 'smessageBuffer']) {
      client.on(event, (channel, payload) => this.#events.message(String(channel), payload as Buffer))
    }
    client.on('pmessageBuffer', (pattern, channel, payload) =>
      this.#events.message(String(channel), payload as Buffer, String(pattern)))
    return client
  }

  #begin (): void {
    // One that fails closes, too.
    this.#client.connect().catch(() => {})
  }

  /** Some clients say more than once that they closed. */
  #closed (client: IoredisClusterClient): void {
    if (client !== this.#client || this.#ended || this.#timer !== undefined) return
    this.#events.down()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#client = this.#make()
      this.#begin()
    }, retryDelay(++this.#attempts)).unref()
  }

  #everywhere ([name, ...args]: ReadonlyArray<string | Buffer>): Promise<unknown[]> {
    return Promise.all(this.#client.nodes('master').map((node) => node.callBuffer(String(name), ...args)))
  }

  /** The cluster is another one as soon as one of its masters is, and as durable as the weakest. */
  async #info (): Promise<Buffer> {
    const infos = (await this.#everywhere(['INFO'])).map(String)
    const ids = infos.map((info) => String(/^run_id:\S+/m.exec(info))).sort((a, b) => a.localeCompare(b))
    const durable = infos.every((info) => /^aof_enabled:1/m.test(info))
    return Buffer.from(`run_id:${ids.join()}\naof_enabled:${Number(durable)}\n`)
  }
}
