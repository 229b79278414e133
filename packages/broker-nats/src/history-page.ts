import type { BrokerRecord, HistoryPage, HistoryQuery } from '@fastify-realtime/broker'
import type { Position } from '@fastify-realtime/protocol'
import type { Scan, Stored } from './jetstream.ts'
import { decodeLimits, decodeMarker, decodeRecord, isMarker } from './record-frame.ts'

/** A page after a position that the reader has. @param scan begins at that position, if it is still there. */
export function pageSince (scan: Scan, newest: Stored, { since, before, limit }: HistoryQuery & { readonly since: Position }): HistoryPage {
  const { size } = decodeLimits(newest.data)
  const known = countWhile(scan.messages, (message) => offsetOf(message) === since.offset)
  const after = scan.pending - known
  const page = records(scan.messages.slice(known + Math.max(after - size, 0)), since.epoch, end(newest, since.epoch, before))
  return {
    position: { epoch: since.epoch, offset: newest.seq },
    records: page.slice(0, limit),
    // Only the oldest are ever taken away, so while the reader's last one is there nothing after it is missing.
    complete: known > 0 && after <= size,
    more: page.length > limit
  }
}

/** A page of the newest, or of everything for a reader whose position means nothing here. @param scan holds all that is there. */
export function pageOfAll (scan: Scan, newest: Stored, epoch: string, { since, before, limit }: HistoryQuery): HistoryPage {
  const skip = Math.max(scan.pending - decodeLimits(newest.data).size, hiddenByAge(scan.messages))
  const all = records(scan.messages.slice(skip), epoch, end(newest, epoch, before))
  return {
    position: { epoch, offset: newest.seq },
    records: since === undefined ? all.slice(Math.max(all.length - limit, 0)) : all.slice(0, limit),
    complete: since === undefined,
    more: all.length > limit
  }
}

/** How many messages a page after a position needs at most: also the one that the reader has, and one that says whether there are more. */
export function wantedSince (pending: number, newest: Stored, limit: number): number {
  return Math.max(pending - decodeLimits(newest.data).size, 0) + limit + 2
}

/** Whether the history has expired, counted from the newest. */
export function isExpired (newest: Stored, now: number): boolean {
  return isMarker(newest.data) || now - newest.time > decodeLimits(newest.data).ttl
}

/** The offset that a message stands for. */
export function offsetOf ({ seq, data }: Stored): number {
  return isMarker(data) ? decodeMarker(data, seq) : seq
}

/** What expired before the next one came stays hidden. */
function hiddenByAge (messages: readonly Stored[]): number {
  return 1 + messages.findLastIndex((message, at) => {
    const next = messages[at + 1]
    return next !== undefined && isExpired(message, next.time)
  })
}

function countWhile (messages: readonly Stored[], matches: (message: Stored) => boolean): number {
  const end = messages.findIndex((message) => !matches(message))
  return end === -1 ? messages.length : end
}

/** The offset that is the first after the page: what came later comes live. */
function end (newest: Stored, epoch: string, before: Position | undefined): number {
  if (before === undefined) return newest.seq + 1
  return before.epoch === epoch ? Math.min(before.offset, newest.seq + 1) : 0
}

function records (messages: readonly Stored[], epoch: string, end: number): BrokerRecord[] {
  return messages
    .filter(({ seq, data }) => seq < end && !isMarker(data))
    .map(({ seq, data }) => decodeRecord(data, { epoch, offset: seq }))
}
