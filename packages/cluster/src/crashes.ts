import type { Emitter } from '@fastify-realtime/protocol'
import type { RecordStore } from '@fastify-realtime/broker'
import type { ClusterEvents } from './contract.ts'
import { claimKey, connectionPrefix, crewKey, crewPrefix } from './ledger-keys.ts'

/**
 * How often in a row a node must be missing. After an outage of the broker everybody's lease has ended, and each node needs one
 * renewal to be back.
 */
const SIGHTINGS = 3
/** Should the one who tells crash too, another goes on after this many milliseconds. */
const CLAIM_TTL = 60_000
const AT_ONCE = 100

export interface CrashesParts {
  readonly node: string
  readonly records: () => RecordStore
  readonly events: Emitter<ClusterEvents>
}

/** Finds ledgers whose node is gone; one node of all tells the end of the connections in it. */
export class Crashes {
  readonly #parts: CrashesParts
  /** Node → how often in a row it was missing. */
  readonly #missing = new Map<string, number>()

  constructor (parts: CrashesParts) {
    this.#parts = parts
  }

  /** @param living who is in the directory */
  async look (living: ReadonlySet<string>): Promise<void> {
    const crew = await this.#parts.records().list(crewPrefix)
    const gone = crew.map(({ key }) => key.slice(crewPrefix.length)).filter((node) => node !== this.#parts.node && !living.has(node))
    for (const node of this.#missing.keys()) {
      if (!gone.includes(node)) this.#missing.delete(node)
    }
    for (const node of gone) {
      const times = (this.#missing.get(node) ?? 0) + 1
      this.#missing.set(node, times)
      if (times >= SIGHTINGS) await this.#tell(node)
    }
  }

  async #tell (node: string): Promise<void> {
    const records = this.#parts.records()
    if (!await records.putIfAbsent(claimKey(node), this.#parts.node, CLAIM_TTL)) return
    const prefix = connectionPrefix(node)
    const entries = await records.list(prefix)
    for (let at = 0; at < entries.length; at += AT_ONCE) {
      await Promise.all(entries.slice(at, at + AT_ONCE).map(({ key, value }) => {
        const { principal } = JSON.parse(value) as { principal: string | null }
        this.#parts.events.emit('disconnect', { id: key.slice(prefix.length), node, principal, crashed: true })
        return records.delete(key)
      }))
    }
    await records.delete(crewKey(node))
  }
}
