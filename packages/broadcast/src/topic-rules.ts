import type { TopicSettings } from './topic-options.ts'

/** Finds the settings of a topic: those of its own name, then those of the pattern that covers it. */
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
    return this.#settings.get(topic) ?? this.#settings.get(`${topic.slice(0, topic.lastIndexOf(':') + 1)}*`) ?? this.#others
  }

  /** What a subscription to `name` means: a topic's settings, or those of a pattern that may be subscribed to. */
  subscribable (name: string): { readonly settings: TopicSettings, readonly isPattern: boolean } | undefined {
    const isPattern = name.endsWith('*')
    const settings = isPattern ? this.#settings.get(name) : this.of(name)
    if (settings === undefined || (isPattern && !settings.wildcard)) return undefined
    return { settings, isPattern }
  }
}
