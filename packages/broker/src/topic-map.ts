/**
 * Values by topic within a channel. In two levels, because a joined key would be one more string for each of what may be as many
 * topics as users.
 */
export class TopicMap<Value> {
  readonly #channels = new Map<string, Map<string, Value>>()

  get size (): number {
    let size = 0
    for (const topics of this.#channels.values()) size += topics.size
    return size
  }

  get (channel: string, topic: string): Value | undefined {
    return this.#channels.get(channel)?.get(topic)
  }

  set (channel: string, topic: string, value: Value): void {
    const topics = this.#channels.get(channel)
    if (topics === undefined) this.#channels.set(channel, new Map([[topic, value]]))
    else topics.set(topic, value)
  }

  * keys (): Iterable<[channel: string, topic: string]> {
    for (const [channel, topics] of this.#channels) for (const topic of topics.keys()) yield [channel, topic]
  }

  /** Answers whether it was there. Channels are few and stay. */
  delete (channel: string, topic: string): boolean {
    return this.#channels.get(channel)?.delete(topic) ?? false
  }
}
