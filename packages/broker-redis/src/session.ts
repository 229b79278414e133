import type { Buffer } from 'node:buffer'
import type { Clock, Timer } from '@fastify-realtime/protocol'
import { publishScript, readScript, verifyScript } from './history-scripts.ts'
import type { LinkEvents, MakeLink, RedisLink } from './link.ts'
import type { Command } from './script.ts'

export interface SessionParts {
  readonly make: MakeLink
  readonly connectTimeout: number
  readonly clock: Clock
  /** Subscribes again to all that is wanted. */
  readonly restore: (subscriber: RedisLink) => Promise<void>
  /** Looks whether Redis still has what it acknowledged; done before anything else when it is another process than before. */
  readonly verify: (command: Command) => Promise<void>
  readonly probeChannel: string
  readonly message: LinkEvents['message']
  /** Told about every change after the start. */
  readonly state: (up: boolean) => void
}

/** Two connections as one: up while both stand and are prepared. */
export class Session {
  readonly commands: RedisLink
  readonly subscriber: RedisLink
  /** Names the memory that Redis has now: it changes when Redis may have forgotten what it had acknowledged. */
  generation = ''
  readonly #parts: SessionParts
  /** Counts connections, so that only the newest one's preparation counts. */
  readonly #attempts = { commands: 0, subscriber: 0 }
  readonly #prepared = { commands: false, subscriber: false }
  #runId = ''
  #up = false
  #started = false
  #stopped = false

  constructor (parts: SessionParts) {
    this.#parts = parts
    const ignore = (): void => {}
    this.commands = parts.make({
      ready: () => this.#prepare('commands', () => this.#prepareCommands()),
      down: () => this.#down('commands'),
      message: ignore
    })
    this.subscriber = parts.make({
      ready: () => this.#prepare('subscriber', () => this.#prepareSubscriber()),
      down: () => this.#down('subscriber'),
      message: parts.message
    })
  }

  readonly command: Command = (args) => this.#prepared.commands && !this.#stopped
    ? this.commands.command(args)
    : Promise.reject(new Error(this.#stopped ? 'it has been stopped' : 'it is not connected'))

  async start (): Promise<void> {
    const { clock, connectTimeout } = this.#parts
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimeout(() => reject(new Error(`not connected within ${connectTimeout} ms`)), connectTimeout)
    })
    try {
      await Promise.race([Promise.all([this.commands.connect(), this.subscriber.connect()]), late])
      await Promise.race([Promise.all([this.#prepareCommands(), this.#prepareSubscriber()]), late])
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer)
    }
    if (!this.commands.ready || !this.subscriber.ready) throw new Error('the connection was lost at once')
    this.#started = true
    this.#prepared.commands = this.#prepared.subscriber = this.#up = true
  }

  async stop (): Promise<void> {
    this.#stopped = true
    await Promise.allSettled([this.commands.close(), this.subscriber.close()])
  }

  /** Ends both connections at once; what still waits for an answer is rejected. */
  abort (): void {
    this.commands.abort()
    this.subscriber.abort()
  }

  async #prepareCommands (): Promise<void> {
    const send: Command = (args) => this.commands.command(args)
    for (const script of [publishScript, readScript, verifyScript]) await script.load(send)
    const info = String(await send(['INFO']) as Buffer)
    // With an append-only file a restart keeps what was acknowledged. Without one it may come back with less, or nothing.
    const runId = /^run_id:(\S+)/m.exec(info)?.[1] ?? 'unknown'
    this.generation = /^aof_enabled:1/m.test(info) ? 'aof' : runId
    if (runId !== this.#runId) await this.#parts.verify(send)
    this.#runId = runId
  }

  async #prepareSubscriber (): Promise<void> {
    await this.subscriber.subscribe('exact', [this.#parts.probeChannel])
    await this.#parts.restore(this.subscriber)
  }

  /** After a reconnect; the start prepares for itself. */
  #prepare (which: 'commands' | 'subscriber', prepare: () => Promise<void>): void {
    const attempt = ++this.#attempts[which]
    if (!this.#started) return
    prepare().then(() => {
      if (attempt !== this.#attempts[which]) return
      this.#prepared[which] = this[which].ready
      this.#tell()
    }, () => { if (attempt === this.#attempts[which] && this[which].ready) this[which].reset() })
  }

  #down (which: 'commands' | 'subscriber'): void {
    this.#prepared[which] = false
    this.#tell()
  }

  #tell (): void {
    const up = this.#prepared.commands && this.#prepared.subscriber
    if (!this.#started || this.#stopped || up === this.#up) return
    this.#up = up
    this.#parts.state(up)
  }
}
