import type { Connection } from '@fastify-realtime/connection-pool'
import { byteLength } from '@fastify-realtime/protocol'
import type { Position, Publication } from '@fastify-realtime/protocol'
import type { Since } from './contract.ts'
import type { SharedPage } from './shared-page.ts'
import type { SubscribedTopic } from './subscription.ts'
import type { Gathering } from './topic.ts'

/** What a publication weighs beside its data; an estimate. */
const HEAD = 256

/** What a subscriber asks for. */
export interface Asked {
  readonly since?: Since
  readonly latest?: boolean
  readonly delta?: boolean
  /** Whether the subscription, when this begins it, counts against the client's limit. */
  readonly counted?: boolean
}

/** What it is answered; the data of the reply to `subscribe`. */
export interface Answer {
  readonly position?: Position
  readonly recovered?: boolean
  readonly publications?: readonly Publication[]
  /** The subscription is not live yet: ask on from `position`. */
  readonly more?: boolean
}

export interface RecoveryLimits {
  /** How many publications one answer holds. */
  readonly maxPublications: number
  /** How many bytes one answer holds; a single larger publication still goes through. */
  readonly maxBytes: number
}

/** What the pool knows of a connection's outbox, where its route says so. */
type WithOutbox = Connection['endpoint'] & { readonly outbox?: { readonly maxBytes: number } }

/** An answer must leave half of the outbox to what follows it. */
export function limitsFor (connection: Connection, limits: RecoveryLimits): RecoveryLimits {
  const { outbox }: WithOutbox = connection.endpoint
  if (outbox === undefined || outbox.maxBytes / 2 >= limits.maxBytes) return limits
  return { ...limits, maxBytes: outbox.maxBytes / 2 }
}

/** What was read for a subscriber. */
export interface Read {
  /** How far it was read; `undefined` where there are no positions. */
  readonly position: Position | undefined
  /** What to send of it: the first `count` of the page. */
  readonly page: SharedPage | undefined
  readonly count: number
  readonly more: boolean
  readonly recovered: boolean | undefined
}

/** Reads what a subscriber missed, or the newest publication, or only where the topic stands. */
export async function readFor (topic: SubscribedTopic, asked: Asked, gathering: Gathering, limits: RecoveryLimits): Promise<Read> {
  const { settings } = topic
  const { since } = asked
  const recovered = since === undefined ? undefined : false
  if (!topic.ordered) return { position: undefined, page: undefined, count: 0, more: false, recovered }
  let missed: Position | undefined
  if (since !== undefined && settings.history) {
    const { epoch, offset } = since
    const page = await gathering.reads.page({ since: { epoch, offset }, limit: recordsFor(topic.weight, limits) })
    if (page.complete) return within(topic, page, limits)
    missed = page.position
  }
  if (asked.latest ?? settings.latest) {
    const page = await gathering.reads.page({ limit: 1 })
    return { position: page.position, page, count: page.records.length, more: false, recovered }
  }
  // Where the node stands may be before the same loss, which would be told again.
  const position = missed ?? topic.last ?? await gathering.reads.position()
  return { position, page: undefined, count: 0, more: false, recovered }
}

/**
 * How many records one answer may hold, as far as the page before told what they weigh: what is read and does not fit is read
 * again for the next answer. In few steps, so that those who come from the same position still share a read.
 */
function recordsFor (weight: number, { maxPublications, maxBytes }: RecoveryLimits): number {
  if (weight === 0) return maxPublications
  return Math.min(maxPublications, 2 ** Math.max(0, Math.ceil(Math.log2(maxBytes / weight))))
}

/** As much of a complete page as one answer holds; the last part alone says that everything is there. */
function within (topic: SubscribedTopic, page: SharedPage, { maxBytes }: RecoveryLimits): Read {
  let bytes = 0
  let count = 0
  let position = page.position
  for (const record of page.records) {
    const weight = byteLength(record.payload) + HEAD
    if (count > 0 && bytes + weight > maxBytes) break
    bytes += weight
    count++
    position = record.position ?? position
  }
  if (count > 0) topic.weight = bytes / count
  const more = page.more || count < page.records.length
  return more
    ? { position, page, count, more, recovered: undefined }
    : { position: page.position, page, count, more, recovered: true }
}
