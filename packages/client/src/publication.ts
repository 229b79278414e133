import type { Position, PublicationHead } from '@fastify-realtime/protocol'
import type { AnyEvents } from './routes.ts'

/** What was sent to a topic. */
export type Publication<Events = AnyEvents> = {
  readonly [Event in keyof Events & string]: Omit<PublicationHead, 'event' | 'delta'> & { readonly event: Event, readonly data: Events[Event] }
}[keyof Events & string]

/** A publication as it came: nothing about it is sure but that it is an object. */
export interface Received extends Partial<PublicationHead> {
  readonly data?: unknown
}

export interface HistoryOptions {
  /** Only what came before this position: the newest `limit` of them. */
  readonly before?: Position
  /** Only what came after this position: the oldest `limit` of them. */
  readonly since?: Position
  /** At most so many. Default: what the server says. */
  readonly limit?: number
}

export interface HistoryPage<Events = AnyEvents> {
  /** The newest position of the topic. */
  readonly position: Position
  /** Oldest first. */
  readonly publications: ReadonlyArray<Publication<Events>>
  /** With `since`: whether nothing between it and the first publication is missing. */
  readonly complete: boolean
  /** Whether there is more in the direction of reading. */
  readonly more: boolean
}

export interface Published {
  readonly id: string
  /** Where it stands in the history; absent on topics without one. */
  readonly position?: Position
  /** Nothing was published: the same id came before. */
  readonly duplicate: boolean
}

/** Whether something from outside is a position. */
export function isPosition (value: unknown): value is Position {
  const { epoch, offset } = (value ?? {}) as { epoch?: unknown, offset?: unknown }
  return typeof epoch === 'string' && Number.isSafeInteger(offset)
}
