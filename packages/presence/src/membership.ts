import type { Connection } from '@fastify-realtime/connection-pool'

/**
 * One connection's place in one topic: what it should be, and what the store has. Work goes by the difference, not by
 * a list of orders: joining and leaving in quick succession collapses, and what failed is simply still to do.
 */
export interface Membership {
  readonly connection: Connection
  readonly principal: string
  readonly topic: string
  info: unknown
  wanted: boolean
  /** `undefined`: an attempt failed, so nobody knows. */
  stored: boolean | undefined
  /** Work on it is in flight. */
  busy: boolean
  /** Those who wait for the store to agree with what is wanted; absent while nobody does. */
  waiting: Array<{ resolve (): void, reject (error: unknown): void }> | undefined
}

export function membership (connection: Connection, principal: string, topic: string): Membership {
  return {
    connection,
    principal,
    topic,
    info: undefined,
    wanted: false,
    stored: false,
    busy: false,
    waiting: undefined
  }
}

/** Those who wait, who are told now. */
export function takeWaiting (membership: Membership): NonNullable<Membership['waiting']> {
  const { waiting = [] } = membership
  membership.waiting = undefined
  return waiting
}
