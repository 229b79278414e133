import type { Clock, Timer } from '@fastify-realtime/protocol'
import type { RecordStore } from '@fastify-realtime/broker'
import { claimKey, connectionKey, crewKey, LIFETIME } from './ledger-keys.ts'

/** What changes within this many milliseconds is written together, and what comes and goes within them never is. */
const DELAY = 250
const RETRY_DELAY = 5_000
const AT_ONCE = 500

export interface LedgerParts {
  readonly node: string
  readonly records: () => RecordStore
  /** How many connections are written down at most; `false` for none. */
  readonly max: number | false
  readonly clock: Clock
  /** Told about every round of writing in which something failed; it is tried again. */
  readonly failed: (error: unknown) => void
}

interface Entry {
  readonly value: string
  /** When it was last written, or is about to be. */
  readonly at: number
}

/** This node's connections, written down for the others, so that one of them can tell their end when this node crashes. */
export class Ledger {
  readonly #parts: LedgerParts
  /** Written connections, the longest unwritten first. */
  readonly #entries = new Map<string, Entry>()
  /** What is to be written: a value, or `null` for what ended. */
  #changes = new Map<string, string | null>()
  /** Open connections whose end another node has told already. */
  readonly #told = new Set<string>()
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()
  #stopped = false

  constructor (parts: LedgerParts) {
    this.#parts = parts
  }

  open (id: string, principal: string | null): void {
    const { max, records } = this.#parts
    if (max === false || this.#entries.size >= max || records().local === true) return
    this.#write(id, JSON.stringify({ principal }))
  }

  /** Answers whether its end is still to be told. */
  close (id: string): boolean {
    if (this.#entries.delete(id)) this.#change(id, null)
    return !this.#told.delete(id)
  }

  /** Done with every renewal of the node's lease. */
  async renew (): Promise<void> {
    const { node, records, max, clock } = this.#parts
    if (max === false) return
    await records().put(crewKey(node), '', LIFETIME)
    if (await records().get(claimKey(node)) !== undefined) await this.#returned()
    for (const [id, { value, at }] of this.#entries) {
      if (clock.now() - at < LIFETIME / 2) break
      this.#write(id, value)
    }
  }

  /** Writes what is left; nothing stays of a node whose connections have all ended. */
  async stop (): Promise<void> {
    this.#stopped = true
    if (this.#timer !== undefined) this.#parts.clock.clearTimeout(this.#timer)
    await this.#flush()
    if (this.#entries.size > 0 || this.#parts.max === false) return
    await this.#parts.records().delete(crewKey(this.#parts.node)).catch(this.#parts.failed)
  }

  /** The others took this node for crashed and have told the end of all that was written. */
  async #returned (): Promise<void> {
    for (const id of this.#entries.keys()) {
      this.#told.add(id)
      this.#changes.delete(id)
    }
    this.#entries.clear()
    await this.#parts.records().delete(claimKey(this.#parts.node))
  }

  #write (id: string, value: string): void {
    this.#entries.delete(id)
    this.#entries.set(id, { value, at: this.#parts.clock.now() })
    this.#change(id, value)
  }

  #change (id: string, value: string | null): void {
    this.#changes.set(id, value)
    this.#schedule(DELAY)
  }

  #schedule (delay: number): void {
    if (this.#stopped) return
    this.#timer ??= this.#parts.clock.setTimeout(() => { void this.#flush() }, delay)
  }

  /** One round after the other, so that a connection's end is never written before its beginning. */
  #flush (): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeChanges())
    return this.#writing
  }

  async #writeChanges (): Promise<void> {
    const changes = [...this.#changes]
    this.#changes = new Map()
    const errors: unknown[] = []
    for (let at = 0; at < changes.length; at += AT_ONCE) {
      await Promise.all(changes.slice(at, at + AT_ONCE).map(async ([id, value]) => {
        try {
          await this.#store(id, value)
        } catch (error) {
          errors.push(error)
          if (!this.#changes.has(id)) this.#changes.set(id, value)
        }
      }))
    }
    if (errors.length > 0) this.#parts.failed(errors[0])
    this.#timer = undefined
    if (this.#changes.size > 0) this.#schedule(errors.length > 0 ? RETRY_DELAY : DELAY)
  }

  async #store (id: string, value: string | null): Promise<void> {
    const key = connectionKey(this.#parts.node, id)
    await (value === null ? this.#parts.records().delete(key) : this.#parts.records().put(key, value, LIFETIME))
  }
}
