import type { HistoryPage } from '@fastify-realtime/broker'
import type { Position, Publication } from '@fastify-realtime/protocol'
import { viewOf } from './hooks.ts'
import type { HookFailed } from './hooks.ts'
import { isText, readPublication } from './publication.ts'
import type { TextRecord } from './publication.ts'
import type { TopicSettings } from './topic-options.ts'
import { isExcepted } from './viewer.ts'
import type { Viewer } from './viewer.ts'

interface Entry {
  readonly record: TextRecord
  readonly publication: Publication
}

/** A page of history that many may look at; its data is parsed once, when the first of them needs it. */
export class SharedPage {
  readonly position: Position
  readonly records: readonly TextRecord[]
  readonly complete: boolean
  readonly more: boolean
  readonly #settings: TopicSettings
  #entries: readonly Entry[] | undefined
  #publications: readonly Publication[] | undefined

  constructor (page: HistoryPage, settings: TopicSettings) {
    this.position = page.position
    this.records = page.records.filter(isText)
    this.complete = page.complete
    this.more = page.more
    this.#settings = settings
  }

  /** One for each record, in the same order. */
  get publications (): readonly Publication[] {
    this.#publications ??= this.#all().map(({ publication }) => publication)
    return this.#publications
  }

  /** What a subscriber may see of the first `count`. What everybody sees is shared. */
  seenBy (viewer: Viewer, count: number, failed: HookFailed): readonly Publication[] {
    const { filter, transform } = this.#settings
    const hooked = filter !== undefined || transform !== undefined
    const shared = !hooked && !this.records.some((record) => isExcepted(viewer, record))
    if (shared) return count === this.records.length ? this.publications : this.publications.slice(0, count)
    return this.#all().slice(0, count).flatMap(({ record, publication }) => {
      if (isExcepted(viewer, record)) return []
      try {
        return viewOf(publication, viewer.connection, this.#settings) ?? []
      } catch (error) {
        failed(error, publication.topic)
        return []
      }
    })
  }

  #all (): readonly Entry[] {
    this.#entries ??= this.records.map((record) => ({ record, publication: readPublication(record, this.#settings.history) }))
    return this.#entries
  }
}
