import type { CloseReason } from './close-reason.ts'
import { byteLength, cutToBytes } from './byte-length.ts'

/** RFC 6455 section 5.5: a control frame carries 125 bytes, and the code takes two of them. */
const maxReasonBytes = 123

/**
 * Whether a client should connect again after this close code: of ours 4000–4499 come back and 4500–4999 stay away;
 * 1000, 1002, 1003 and 1007–1010 stay away; everything else, 1005 and 1006 included, comes back.
 */
export function comesBack (code: number): boolean {
  return !/^(4[5-9]..|100[023789]|1010)$/.test(String(code))
}

/** The text of a close frame: `<words>; retry-after=<ms>`, the words cut so that all of it fits in 123 bytes of UTF-8. */
export function formatCloseReason ({ reason, retryAfter }: CloseReason): string {
  const hint = retryAfter === undefined ? '' : `; retry-after=${Math.max(0, Math.ceil(retryAfter))}`
  return cutToBytes(reason, maxReasonBytes - byteLength(hint)) + hint
}

/** Milliseconds that the server asks to wait, when the reason of a close carries the hint. */
export function parseRetryAfter (reason: string): number | undefined {
  const digits = /; retry-after=(\d{1,9})$/.exec(reason)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
