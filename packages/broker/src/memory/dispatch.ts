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
  /** Node → topic key → the sequence number from which it gets records: nodes are few, and topics as many as users. */
  readonly #nodes = new Map<Receiver, Map<string, number>>()
  /** How many of these keys are patterns, so that nobody pays for patterns that nobody uses. */
  #patterns = 0
  #waiting: Waiting[] = []
  #scheduled = false
  #sequence = 0
  #settled: Array<() => void> = []

  /** What the nodes are subscribed to, all together. */
  get interests (): number {
    let count = 0
    for (const topics of this.#nodes.values()) count += topics.size
    return count
  }

  add (key: string, node: Receiver): void {
    let topics = this.#nodes.get(node)
    if (topics === undefined) {
      topics = new Map()
      this.#nodes.set(node, topics)
    }
    if (topics.has(key)) return
    topics.set(key, this.#sequence)
    if (key.endsWith('*')) this.#patterns++
  }

  remove (key: string, node: Receiver): void {
    if (this.#nodes.get(node)?.delete(key) === true && key.endsWith('*')) this.#patterns--
  }

  forget (node: Receiver): void {
    for (const key of this.#nodes.get(node)?.keys() ?? []) this.remove(key, node)
    this.#nodes.delete(node)
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
    const pattern = this.#patterns === 0 ? undefined : patternOf(key)
    for (const [node, topics] of this.#nodes) {
      if (gets(topics, key, sequence) || (pattern !== undefined && gets(topics, pattern, sequence))) node.deliver(record)
    }
  }
}

function gets (topics: ReadonlyMap<string, number>, key: string, sequence: number): boolean {
  const since = topics.get(key)
  return since !== undefined && sequence >= since
}

/** The one pattern that covers a topic: its last level becomes `*`. */
function patternOf (key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf(':'), key.indexOf('\n')) + 1) + '*'
}
