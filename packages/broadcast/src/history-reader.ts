import type { Connection } from '@fastify-realtime/connection-pool'
import type { HistoryDetails, TopicHistory } from './contract.ts'
import { HistoryQueryError, TopicHistoryError, TopicInvalidError, TopicUnknownError } from './errors.ts'
import type { HookFailed } from './hooks.ts'
import { shown } from './publisher.ts'
import { SharedPage } from './shared-page.ts'
import type { TopicStore } from './shared-reads.ts'
import type { TopicSettings } from './topic-options.ts'
import { isUsable } from './topic-rules.ts'
import type { TopicRules } from './topic-rules.ts'
import { isLimit } from './wire-data.ts'

export interface HistoryReaderParts {
  readonly rules: TopicRules
  readonly store: (topic: string) => TopicStore
  readonly maxPublications: number
  readonly hookFailed: HookFailed
}

const DEFAULT_LIMIT = 100

/** Reads pages of history for people rather than for recovery. */
export class HistoryReader {
  readonly #parts: HistoryReaderParts

  constructor (parts: HistoryReaderParts) {
    this.#parts = parts
  }

  /** @param viewer sees what a subscriber would see; without one everything is shown. */
  async read (topic: string, details: HistoryDetails, viewer?: Connection): Promise<TopicHistory> {
    const settings = this.#settings(topic)
    const { since, before } = details
    const limit = this.#limit(details)
    const query = { limit, ...(since !== undefined && { since }), ...(before !== undefined && { before }) }
    const page = new SharedPage(await this.#parts.store(topic).read(query), settings)
    const { position, complete, more } = page
    const publications = viewer === undefined
      ? page.publications
      : page.seenBy({ connection: viewer, former: undefined }, page.records.length, this.#parts.hookFailed)
    return { position, publications, complete, more }
  }

  #settings (topic: string): TopicSettings {
    if (!isUsable(topic)) throw new TopicInvalidError(shown(topic))
    const settings = this.#parts.rules.of(topic)
    if (settings === undefined) throw new TopicUnknownError(topic)
    if (!settings.history) throw new TopicHistoryError(topic)
    return settings
  }

  #limit ({ since, before, limit }: HistoryDetails): number {
    const { maxPublications } = this.#parts
    if (since !== undefined && before !== undefined) throw new HistoryQueryError('Only one of since and before', 'given')
    if (limit === undefined) return Math.min(DEFAULT_LIMIT, maxPublications)
    if (!isLimit(limit, maxPublications)) throw new HistoryQueryError('limit', `a whole number from 1 to ${maxPublications}`)
    return limit
  }
}
