import type { Connection, Frame, Overflow } from '@fastify-realtime/connection-pool'
import type { Codec, Publication } from '@fastify-realtime/protocol'
import { keyedOverflow } from './overflow.ts'
import { readPublication } from './publication.ts'
import type { Outgoing } from './publication.ts'
import type { TopicSettings } from './topic-options.ts'
import { isExcepted } from './viewer.ts'
import type { Viewer } from './viewer.ts'

/** Told what a function of the application threw. */
export type HookFailed = (error: unknown, topic: string) => void

/** What a subscriber sees of a publication: nothing, the publication itself, or one with other data. */
export function viewOf (publication: Publication, connection: Connection, settings: TopicSettings): Publication | undefined {
  const { filter, transform } = settings
  if (filter !== undefined && filter(publication, connection) !== true) return undefined
  if (transform === undefined) return publication
  const data = transform(publication, connection)
  return data === publication.data ? publication : { ...publication, data }
}

/** One record on its way through `filter` and `transform`; only topics that have them pay for it. */
export class HookedOutgoing {
  readonly #outgoing: Outgoing
  readonly #settings: TopicSettings
  readonly #failed: HookFailed
  readonly #publication: Publication
  /** By the data that `transform` answered, so that equal views share one frame. */
  readonly #views = new Map<unknown, Outgoing>()

  constructor (outgoing: Outgoing, settings: TopicSettings, failed: HookFailed) {
    this.#outgoing = outgoing
    this.#settings = settings
    this.#failed = failed
    this.#publication = readPublication(outgoing.record, settings.history)
  }

  /** `undefined` when the subscriber may not see it. */
  frame (connection: Connection, codec: Codec): Frame | undefined {
    try {
      const view = viewOf(this.#publication, connection, this.#settings)
      if (view === undefined) return undefined
      return view === this.#publication ? this.#outgoing.frame(codec) : this.#view(view.data).frame(codec)
    } catch (error) {
      this.#failed(error, this.#publication.topic)
      return undefined
    }
  }

  #view (data: unknown): Outgoing {
    const known = this.#views.get(data)
    if (known !== undefined) return known
    const view = this.#outgoing.withPayload(JSON.stringify(data) ?? 'null')
    this.#views.set(data, view)
    return view
  }
}

/** `undefined` for topics without hooks, which then cost nothing. */
export function hook (outgoing: Outgoing, settings: TopicSettings, failed: HookFailed): HookedOutgoing | undefined {
  if (settings.filter === undefined && settings.transform === undefined) return undefined
  return new HookedOutgoing(outgoing, settings, failed)
}

/** What a subscriber gets of a publication; `undefined` for nothing. */
export function frameFor (reader: Viewer & { readonly codec: Codec }, outgoing: Outgoing, hooked: HookedOutgoing | undefined): Frame | undefined {
  if (isExcepted(reader, outgoing.record)) return undefined
  return hooked === undefined ? outgoing.frame(reader.codec) : hooked.frame(reader.connection, reader.codec)
}

/** What to do with one publication in a full outbox. When the key cannot be made, the topic is the key. */
export function overflowOf (outgoing: Outgoing, settings: TopicSettings, failed: HookFailed): Overflow | undefined {
  const { conflateKey } = settings
  if (conflateKey === undefined) return undefined
  const { topic } = outgoing.record
  let key = ''
  try {
    key = conflateKey(readPublication(outgoing.record, settings.history))
  } catch (error) {
    failed(error, topic)
  }
  return keyedOverflow(topic, key)
}
