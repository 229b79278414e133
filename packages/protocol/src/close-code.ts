import type { CloseReason } from './close-reason.ts'

const staysAway: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010])
const maxReasonBytes = 123
const hint = /; retry-after=(\d{1,9})$/
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Whether a client comes back after this close code, also for codes it has never seen. */
export function comesBack (code: number): boolean {
  return !staysAway.has(code) && (code < 4500 || code > 4999)
}

/** The reason as it travels: the words, cut at a character so that all fits 123 bytes (RFC 6455 section 5.5), then the hint. */
export function formatCloseReason ({ reason, retryAfter }: CloseReason): string {
  const tail = retryAfter === undefined ? '' : `; retry-after=${Math.ceil(retryAfter)}`
  const room = maxReasonBytes - tail.length
  const bytes = encoder.encode(reason)
  if (bytes.length <= room) return reason + tail
  let end = room
  while (((bytes[end] as number) & 0xc0) === 0x80) end--
  return decoder.decode(bytes.subarray(0, end)) + tail
}

/** The hint when to come back, in milliseconds; `undefined` without one. */
export function parseRetryAfter (reason: string): number | undefined {
  const found = hint.exec(reason)
  return found === null ? undefined : Number(found[1])
}
