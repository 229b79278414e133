import type { BrokerRecord } from '../contract.ts'
import { TopicMap } from '../topic-map.ts'

/** A node that receives. */
export interface Receiver {
  deliver (record: BrokerRecord): void
}

interface Waiting {
  readonly record: BrokerRecord
  readonly sequence: number
}

/**
 * Hands records to the nodes that subscribed, in the order of publication and never inside `publish`: what one turn
 * publishes goes out in one batch at its end.
 */
export class Dispatch {
  /** Node → topic → the sequence number from which it gets records: nodes are few, and topics as many as users. */
  readonly #nodes = new Map<Receiver, TopicMap<number>>()
  /** How many of these topics are patterns, so that nobody pays for patterns that nobody uses. */
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

  add (channel: string, topic: string, node: Receiver): void {
    let topics = this.#nodes.get(node)
    if (topics === undefined) {
      topics = new TopicMap()
      this.#nodes.set(node, topics)
    }
    if (topics.get(channel, topic) !== undefined) return
    topics.set(channel, topic, this.#sequence)
    if (topic.endsWith('*')) this.#patterns++
  }

  remove (channel: string, topic: string, node: Receiver): void {
    if (this.#nodes.get(node)?.delete(channel, topic) === true && topic.endsWith('*')) this.#patterns--
  }

  forget (node: Receiver): void {
    for (const [channel, topic] of this.#nodes.get(node)?.keys() ?? []) this.remove(channel, topic, node)
    this.#nodes.delete(node)
  }

  deliver (record: BrokerRecord): void {
    this.#waiting.push({ record, sequence: this.#sequence++ })
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

  #hand ({ record, sequence }: Waiting): void {
    const { channel, topic } = record
    const pattern = this.#patterns === 0 ? undefined : patternOf(topic)
    for (const [node, topics] of this.#nodes) {
      if (gets(topics, channel, topic, sequence) || (pattern !== undefined && gets(topics, channel, pattern, sequence))) node.deliver(record)
    }
  }
}

function gets (topics: TopicMap<number>, channel: string, topic: string, sequence: number): boolean {
  const since = topics.get(channel, topic)
  return since !== undefined && sequence >= since
}

/** The one pattern that covers a topic: its last level becomes `*`. */
function patternOf (topic: string): string {
  return topic.slice(0, topic.lastIndexOf(':') + 1) + '*'
}
