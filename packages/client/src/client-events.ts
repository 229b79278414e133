import type { Failure, Welcome } from '@fastify-realtime/protocol'
import type { ClientState, ConnectionLost } from './lifecycle.ts'

export interface ClientEvents {
  state: (state: ClientState) => void
  /** Connected, the first time or again. */
  open: (welcome: Welcome) => void
  /** A connection ended, or an attempt failed. */
  close: (lost: ConnectionLost) => void
  /** Something that was sent without waiting for a reply failed. */
  failure: (failure: Failure) => void
  /** A listener or handler threw, the token could not be had, or the server broke the protocol. Logged if nobody listens. */
  error: (error: unknown) => void
}
