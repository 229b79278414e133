import { isReservedTopic, isTopic } from '@fastify-realtime/protocol'
import type { TopicSettings } from './topic-options.ts'

/** Finds the settings of a topic: those of its own name, then those of the longest pattern that covers it. */
export class TopicRules {
  /** By topic or pattern. */
  readonly #settings: ReadonlyMap<string, TopicSettings>
  readonly #others: TopicSettings | undefined

  /** @param others counts for topics that nothing covers; without it they are refused. */
  constructor (settings: Iterable<TopicSettings>, others?: TopicSettings) {
    this.#settings = new Map([...settings].map((entry) => [entry.pattern, entry]))
    this.#others = others
  }

  /** `undefined` when the topic is refused. */
  of (topic: string): TopicSettings | undefined {
    const own = this.#settings.get(topic)
    if (own !== undefined) return own
    let end = topic.lastIndexOf(':') + 1
    const nearest = this.#settings.get(`${topic.slice(0, end)}*`)
    if (nearest !== undefined) return nearest
    while (end > 0) {
      end = topic.lastIndexOf(':', end - 2) + 1
      const found = this.#settings.get(`${topic.slice(0, end)}*`)
      // Brokers carry patterns of one level; whoever subscribes to one must not miss what lies deeper.
      if (found !== undefined && !found.wildcard) return found
    }
    return this.#others
  }

  /** What a subscription to `name` means: a topic's settings, or those of a pattern that may be subscribed to. */
  subscribable (name: string): { readonly settings: TopicSettings, readonly isPattern: boolean } | undefined {
    const isPattern = name.endsWith('*')
    const settings = isPattern ? this.#settings.get(name) : this.of(name)
    if (settings === undefined || (isPattern && !settings.wildcard)) return undefined
    return { settings, isPattern }
  }
}

/** Whether an application or a client may use the topic: it fits the grammar and is not one of ours. */
export function isUsable (topic: unknown): topic is string {
  return isTopic(topic) && !isReservedTopic(topic)
}
