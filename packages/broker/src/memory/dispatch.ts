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
  /** How many of these keys are patterns, so that nobody pays for patterns that nobody uses. */
  #patterns = 0
  #waiting: Waiting[] = []
  #scheduled = false
  #sequence = 0
  #settled: Array<() => void> = []

  get topics (): number { return this.#nodes.size }

  add (key: string, node: Receiver): void {
    let nodes = this.#nodes.get(key)
    if (nodes === undefined) {
      nodes = new Map()
      this.#nodes.set(key, nodes)
      if (key.endsWith('*')) this.#patterns++
    }
    if (!nodes.has(node)) nodes.set(node, this.#sequence)
  }

  remove (key: string, node: Receiver): void {
    const nodes = this.#nodes.get(key)
    nodes?.delete(node)
    if (nodes?.size !== 0) return
    this.#nodes.delete(key)
    if (key.endsWith('*')) this.#patterns--
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
    for (const waiting of batch) this.#hand(waiting)
    for (const resolve of settled) resolve()
    this.#scheduled = this.#waiting.length > 0
    // Publications made by receivers wait for the next turn: in a microtask two nodes that answer each other would
    // keep the event loop from everything else.
    if (this.#scheduled) setImmediate(() => this.#flush())
  }

  #hand ({ key, record, sequence }: Waiting): void {
    const nodes = this.#nodes.get(key)
    for (const [node, since] of nodes ?? []) {
      if (sequence >= since) node.deliver(record)
    }
    if (this.#patterns === 0) return
    for (const [node, since] of this.#nodes.get(patternOf(key)) ?? []) {
      // A node that wants the topic itself has it by now.
      if (sequence >= since && !(sequence >= (nodes?.get(node) ?? Infinity))) node.deliver(record)
    }
  }
}

/** The one pattern that covers a topic: its last level becomes `*`. */
function patternOf (key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf(':'), key.indexOf('\n')) + 1) + '*'
}
