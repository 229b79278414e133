import type { Clock, Emitter, Timer } from '@fastify-realtime/protocol'
import type { RecordStore } from '@fastify-realtime/broker'
import type { ClusterEvents, ClusterNode } from './contract.ts'

const PREFIX = 'cluster:node:'

/** What the directory says about a node, without who asks. */
type Entry = Omit<ClusterNode, 'self'>

export interface DirectoryParts {
  readonly self: () => Entry
  readonly records: () => RecordStore
  readonly lease: number
  readonly clock: Clock
  readonly events: Emitter<ClusterEvents>
  /** Done with every renewal. */
  readonly renewed: (living: ReadonlySet<string>) => Promise<void>
  /** Told about every renewal that failed. */
  readonly failed: (error: unknown) => void
}

/** Which nodes live: each keeps a record alive and looks at the others' whenever it does so. */
export class NodeDirectory {
  readonly #parts: DirectoryParts
  readonly #known = new Map<string, ClusterNode>()
  #timer: Timer | undefined
  #stopped = false

  constructor (parts: DirectoryParts) {
    this.#parts = parts
  }

  /** Settles when this node is in the directory and knows the others. */
  async start (): Promise<void> {
    await this.#renew()
    this.#schedule()
  }

  async list (): Promise<ClusterNode[]> {
    const self = this.#parts.self().id
    const entries = await this.#parts.records().list(PREFIX)
    return entries.map(({ value }) => JSON.parse(value) as Entry).map((entry) => ({ ...entry, self: entry.id === self }))
  }

  /** Takes this node out of the directory, so that the others need not wait for its lease to end. */
  async stop (): Promise<void> {
    this.#stopped = true
    if (this.#timer === undefined) return
    this.#parts.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#parts.records().delete(PREFIX + this.#parts.self().id).catch(this.#parts.failed)
  }

  #schedule (): void {
    if (this.#stopped) return
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#renew().catch(this.#parts.failed).finally(() => this.#schedule())
    }, Math.floor(this.#parts.lease / 3))
  }

  async #renew (): Promise<void> {
    const self = this.#parts.self()
    await this.#parts.records().put(PREFIX + self.id, JSON.stringify(self), this.#parts.lease)
    const nodes = await this.list()
    this.#compare(nodes)
    await this.#parts.renewed(new Set(nodes.map((node) => node.id)))
  }

  #compare (nodes: readonly ClusterNode[]): void {
    const living = new Map(nodes.filter((node) => !node.self).map((node) => [node.id, node]))
    for (const [id, node] of this.#known) {
      if (living.has(id)) continue
      this.#known.delete(id)
      this.#parts.events.emit('leave', node)
    }
    for (const [id, node] of living) {
      const known = this.#known.has(id)
      this.#known.set(id, node)
      if (!known) this.#parts.events.emit('join', node)
    }
  }
}
