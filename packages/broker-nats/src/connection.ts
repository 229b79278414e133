/** What of a message is used. */
export interface NatsMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly reply?: string
  readonly headers?: NatsHeaders | undefined
}

export interface NatsHeaders {
  /** The status of a message that is an answer of the server itself; 0 without one. */
  readonly code: number
  get (name: string): string
}

export interface NatsSubscription {
  unsubscribe (): void
}

/**
 * What of a connection of `@nats-io/transport-node` (or another transport of nats.js 3) is used. It is yours: the broker
 * neither opens nor closes it.
 */
export interface NatsConnection {
  isClosed (): boolean
  publish (subject: string, payload?: Uint8Array | string, options?: { reply?: string, headers?: object }): void
  subscribe (subject: string, options: { callback: (error: Error | null, message: NatsMessage) => void }): NatsSubscription
  status (): AsyncIterable<{ readonly type: string }>
}
