import type { NatsConnection, NatsMessage } from '../src/index.ts'

/** A connection to which nothing happens. */
export function idle (): NatsConnection {
  return {
    isClosed: () => false,
    publish () {},
    subscribe: () => ({ unsubscribe () {} }),
    async * status () {}
  }
}

/** A connection whose server the test plays. */
export class FakeConnection implements NatsConnection {
  readonly published: Array<{ subject: string, reply: string }> = []
  readonly #callbacks = new Map<string, (error: Error | null, message: NatsMessage) => void>()
  closed = false
  readonly #statuses: string[] = []
  #wake = (): void => {}

  isClosed (): boolean { return this.closed }

  publish (subject: string, _payload: unknown, options?: { reply?: string }): void {
    this.published.push({ subject, reply: String(options?.reply) })
  }

  subscribe (subject: string, { callback }: { callback: (error: Error | null, message: NatsMessage) => void }): { unsubscribe (): void } {
    this.#callbacks.set(subject, callback)
    return { unsubscribe: () => { this.#callbacks.delete(subject) } }
  }

  get subjects (): string[] { return [...this.#callbacks.keys()] }

  send (subscription: string, message: Partial<NatsMessage>, error: Error | null = null): void {
    this.#callbacks.get(subscription)?.(error, { subject: subscription, data: new Uint8Array(), ...message })
  }

  tell (type: string): void {
    this.#statuses.push(type)
    this.#wake()
  }

  async * status (): AsyncGenerator<{ type: string }> {
    for (;;) {
      const type = this.#statuses.shift()
      if (type !== undefined) yield { type }
      else await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }
}
