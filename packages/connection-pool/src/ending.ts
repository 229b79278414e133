import type { CloseReason } from '@fastify-realtime/protocol'
import type { ConnectionClosed } from './contract.ts'

/** What `ws` reports when no close frame came (RFC 6455 section 7.1.5). */
const NO_FRAME = 1006

/** Who ended it and how: by our own reason if there is one, else by the peer's close frame, else by the network. */
export function ending (ours: CloseReason | undefined, code: number, reason: string): Pick<ConnectionClosed, 'code' | 'reason' | 'by'> {
  if (ours !== undefined) return { code: ours.code, reason: ours.reason, by: 'server' }
  return { code, reason, by: code === NO_FRAME ? 'network' : 'client' }
}

/** Whether an endpoint may put this code into a close frame (RFC 6455 section 7.4). */
export function isCloseCode (code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== NO_FRAME)
}
