import type { Buffer } from 'node:buffer'

/** One connection to Redis, whatever client library makes it. It never queues while it is down, and never sends twice. */
export interface RedisLink {
  /** Whether commands can be sent. */
  readonly ready: boolean
  /** Settles when it is ready for the first time; later it comes back by itself. */
  connect (): Promise<void>
  /** Sends one command, in the order of the calls. Bulk replies come as bytes. */
  command (args: ReadonlyArray<string | Buffer>): Promise<unknown>
  subscribe (kind: ChannelKind, names: readonly string[]): Promise<void>
  unsubscribe (kind: ChannelKind, names: readonly string[]): Promise<void>
  /** Whether the library subscribes again by itself before it is ready again. */
  readonly resubscribes: boolean
  /** Ends the connection and makes a new one. */
  reset (): void
  /** Ends it when what was sent is answered. */
  close (): Promise<void>
  /** Ends it at once. */
  abort (): void
}

export type ChannelKind = 'exact' | 'pattern'

export interface LinkEvents {
  ready (): void
  down (): void
  /** @param pattern for which it came; absent when the channel itself is subscribed */
  message (channel: string, payload: Buffer, pattern?: string): void
}

export type MakeLink = (events: LinkEvents) => RedisLink

/** How long to wait before the next attempt: soon at first, then twice a second, never all nodes at once. */
export function retryDelay (attempt: number): number {
  return Math.min(50 * attempt, 500) * (0.5 + Math.random() / 2)
}

/** Milliseconds after which a Redis that still loads its data is asked again; its own estimate may be far too long. */
export const LOADING_RETRY = 200
