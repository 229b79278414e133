/**
 * Names in Redis. Neither channels nor topics hold `|` or braces. What one script touches has one hash tag, so it lies in one
 * slot of a cluster.
 */
export class Keys {
  readonly #prefix: string
  readonly #sharded: boolean

  /** @param sharded whether a channel must lie in the slot of its topic */
  constructor (prefix: string, sharded = false) {
    this.#prefix = prefix
    this.#sharded = sharded
  }

  /** The pub/sub channel of a topic. */
  channel (channel: string, topic: string): string {
    return this.#sharded ? `${this.#prefix}|{${channel}|${topic}}` : `${this.#prefix}|${channel}|${topic}`
  }

  /** The pub/sub pattern of a topic pattern; Redis's `*` also stands for more levels, which the receiver must refuse. */
  pattern (channel: string, pattern: string): string {
    return this.channel(channel, pattern.slice(0, -1)).replace(/[\\*?[\]]/g, '\\$&') + '*'
  }

  /** The channel of a node's own probes. */
  probe (node: string): string {
    return `${this.#prefix}|$probe|${node}`
  }

  history (channel: string, topic: string): [meta: string, stream: string] {
    const tag = this.#topic(channel, topic)
    return [`${tag}:m`, `${tag}:s`]
  }

  id (channel: string, topic: string, id: string): string {
    return `${this.#topic(channel, topic)}:i:${id}`
  }

  records (): [values: string, order: string, ends: string] {
    const tag = `${this.#prefix}:{records}`
    return [`${tag}:v`, `${tag}:o`, `${tag}:e`]
  }

  presence (): string {
    return `${this.#prefix}:{presence}`
  }

  #topic (channel: string, topic: string): string {
    return `${this.#prefix}:{${channel}|${topic}}`
  }
}
