import type { BrokerRecord } from '../contract.ts'

/** A node that receives. */
export interface Receiver {
  deliver (record: BrokerRecord): void
}

interface Waiting {
  readonly key: string
  readonly record: BrokerRecord
  readonly sequence: number
}

/**
 * Hands records to the nodes that subscribed, in the order of publication and never inside `publish`: what one turn
 * publishes goes out in one batch at its end.
 */
export class Dispatch {
  /** Topic key → node → the sequence number from which it gets records. */
  readonly #nodes = new Map<string, Map<Receiver, number>>()
  #waiting: Waiting[] = []
  #scheduled = false
  #sequence = 0
  #settled: Array<() => void> = []

  get topics (): number { return this.#nodes.size }

  add (key: string, node: Receiver): void {
    const nodes = this.#nodes.get(key) ?? new Map<Receiver, number>()
    this.#nodes.set(key, nodes)
    if (!nodes.has(node)) nodes.set(node, this.#sequence)
  }

  remove (key: string, node: Receiver): void {
    const nodes = this.#nodes.get(key)
    nodes?.delete(node)
    if (nodes?.size === 0) this.#nodes.delete(key)
  }

  forget (node: Receiver): void {
    for (const key of this.#nodes.keys()) this.remove(key, node)
  }

  deliver (key: string, record: BrokerRecord): void {
    this.#waiting.push({ key, record, sequence: this.#sequence++ })
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.#flush())
  }

  /** Settles when everything that waits now is delivered. */
  async settled (): Promise<void> {
    if (this.#scheduled) await new Promise<void>((resolve) => { this.#settled.push(resolve) })
  }

  #flush (): void {
    const batch = this.#waiting
    const settled = this.#settled
    this.#waiting = []
    this.#settled = []
    for (const { key, record, sequence } of batch) {
      for (const [node, since] of this.#nodes.get(key) ?? []) {
        if (sequence >= since) node.deliver(record)
      }
    }
    for (const resolve of settled) resolve()
    this.#scheduled = this.#waiting.length > 0
    // Publications made by receivers wait for the next turn: in a microtask two nodes that answer each other would
    // keep the event loop from everything else.
    if (this.#scheduled) setImmediate(() => this.#flush())
  }
}
