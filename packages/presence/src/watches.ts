import { setImmediate } from 'node:timers/promises'
import type { Clock, PresenceUpdate, Timer } from '@fastify-realtime/protocol'
import type { BrokerChannel, PresenceStore } from '@fastify-realtime/broker'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Change } from './change.ts'
import { Watch } from './watch.ts'

/** A topic of which only the number is told is told about once in so many milliseconds. */
const COUNT_INTERVAL = 1_000

/** Topics that are compared in one turn of the event loop: a store in memory answers without one. */
const CHECKED_PER_TURN = 32

export interface WatchesParts {
  readonly store: PresenceStore
  readonly channel: Pick<BrokerChannel, 'subscribe' | 'unsubscribe'>
  readonly clock: Clock
  /** Milliseconds in which changes are gathered; changes that come out of order have twice as long. */
  readonly window: number
  readonly maxMembers: number
  announce (update: PresenceUpdate, watchers: Iterable<Connection>): void
  readonly failed: (error: unknown) => void
}

/** The topics that somebody on this node watches: one interest, one view and one timer for however many watchers. */
export class Watches {
  readonly #parts: WatchesParts
  readonly #watches = new Map<string, Watch>()
  /** Topics whose interest is just ending: a new one waits, or the broker could see them in the wrong order. */
  readonly #ending = new Map<string, Promise<void>>()
  readonly #touched = new Set<Watch>()
  #timer: Timer | undefined

  constructor (parts: WatchesParts) {
    this.#parts = parts
  }

  get size (): number { return this.#watches.size }

  get (topic: string): Watch | undefined {
    return this.#watches.get(topic)
  }

  open (topic: string): Watch {
    const watch = new Watch(topic, this.#parts.maxMembers)
    this.#watches.set(topic, watch)
    watch.ready = this.#begin(watch)
    return watch
  }

  /** Ends the interest that the last watcher left behind. */
  endUnused (watch: Watch): void {
    if (!watch.unused || this.#watches.get(watch.topic) !== watch) return
    this.#watches.delete(watch.topic)
    this.#touched.delete(watch)
    const ending = this.#end(watch).finally(() => { this.#ending.delete(watch.topic) })
    this.#ending.set(watch.topic, ending)
  }

  deliver (topic: string, change: Change): void {
    const watch = this.#watches.get(topic)
    if (watch === undefined) return
    watch.take(change)
    this.#touch(watch)
  }

  /** Something may have been lost: every view is read anew. */
  doubtAll (): void {
    for (const watch of this.#watches.values()) {
      watch.view.doubt()
      this.#touch(watch)
    }
  }

  /** Compares every view with the store, for what was lost without a later change to show it. */
  async check (): Promise<void> {
    let asked = 0
    for (const watch of this.#watches.values()) {
      if (++asked % CHECKED_PER_TURN === 0) await setImmediate()
      if (watch.reading) continue
      const before = watch.view.version
      const { version, count } = await this.#parts.store.list(watch.topic, 0)
      // An empty topic has no version worth comparing.
      if (count + watch.view.count === 0) continue
      if (version < before || watch.view.loose) watch.view.doubt()
      watch.view.expect(version)
      if (watch.view.behind) this.#touch(watch)
    }
  }

  /** Tells the watchers what they have not been told. */
  flush (watch: Watch): void {
    const { view, watchers } = watch
    const now = this.#parts.clock.now()
    if (view.counted && now < watch.quietUntil) {
      this.#touch(watch)
      return
    }
    const update = view.take()
    if (update === undefined) return
    if (view.counted) watch.quietUntil = now + COUNT_INTERVAL
    this.#parts.announce(update, watchers)
  }

  stop (): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#touched.clear()
    this.#watches.clear()
  }

  async #begin (watch: Watch): Promise<void> {
    await this.#ending.get(watch.topic)
    await this.#parts.channel.subscribe(watch.topic)
    await this.#read(watch)
    // Nobody has been told anything yet, so there is nothing to tell again.
    watch.view.take()
    this.#touch(watch)
  }

  async #read (watch: Watch): Promise<void> {
    await watch.read(() => this.#parts.store.list(watch.topic, this.#parts.maxMembers))
  }

  async #end (watch: Watch): Promise<void> {
    try {
      await this.#parts.channel.unsubscribe(watch.topic)
    } catch (error) {
      this.#parts.failed(error)
    }
  }

  #touch (watch: Watch): void {
    if (this.#watches.get(watch.topic) !== watch) return
    this.#touched.add(watch)
    this.#timer ??= this.#parts.clock.setTimeout(this.#turn, this.#parts.window)
  }

  readonly #turn = (): void => {
    this.#timer = undefined
    const touched = [...this.#touched]
    this.#touched.clear()
    for (const watch of touched) {
      this.flush(watch)
      if (!watch.view.behind) watch.late = false
      else if (!watch.reading) this.#catchUp(watch)
    }
  }

  /** What is missing has one more window to come: two nodes that change a topic together may be told out of order. */
  #catchUp (watch: Watch): void {
    watch.late = !watch.late
    if (watch.late) this.#touch(watch)
    else void this.#readAgain(watch)
  }

  async #readAgain (watch: Watch): Promise<void> {
    try {
      await this.#read(watch)
      this.#touch(watch)
    } catch (error) {
      this.#parts.failed(error)
    }
  }
}
