import { closeReasons } from '@fastify-realtime/protocol'
import type { Clock, Codec, Welcome } from '@fastify-realtime/protocol'
import type { FastifyBaseLogger } from 'fastify'
import type { PooledConnection } from './connection.ts'
import type { WelcomeContributor } from './contract.ts'
import { FinishedFrame } from './frame.ts'

type Part = Awaited<ReturnType<WelcomeContributor>>

/** Says welcome, when everybody who has something to say in it has said it; nothing goes out or is handled before. */
export class Greeting {
  readonly #clock: Clock
  readonly #log: Pick<FastifyBaseLogger, 'warn'>
  readonly #contributors: WelcomeContributor[] = []

  constructor (clock: Clock, log: Pick<FastifyBaseLogger, 'warn'>) {
    this.#clock = clock
    this.#log = log
  }

  add (contributor: WelcomeContributor): void {
    this.#contributors.push(contributor)
  }

  /** Synchronous when no contributor answers with a promise. */
  greet (connection: PooledConnection, codec: Codec): void {
    const parts = this.#contributors.map((contribute) => attempt(contribute, connection))
    const promised = parts.filter((part) => part instanceof Promise)
    if (promised.length === 0) this.#welcome(connection, codec, parts as Part[])
    else void this.#later(connection, codec, parts.map(async (part) => await part))
  }

  async #later (connection: PooledConnection, codec: Codec, parts: ReadonlyArray<Promise<Part>>): Promise<void> {
    try {
      this.#welcome(connection, codec, await Promise.all(parts))
    } catch (error) {
      this.#fail(connection, error)
    }
  }

  #welcome (connection: PooledConnection, codec: Codec, parts: readonly Part[]): void {
    if (!connection.isLive) return
    const { id, principal } = connection
    const welcome: Welcome = Object.assign({
      type: 'welcome' as const, connection: id, principal: principal?.id ?? null, heartbeat: null, time: this.#clock.time(), subscriptions: []
    }, ...parts)
    connection.outbox.jump(new FinishedFrame(codec.encode(welcome)).plain)
    connection.outbox.release()
    connection.inbox.open()
  }

  #fail (connection: PooledConnection, error: unknown): void {
    this.#log.warn({ err: error, connection: connection.id }, 'the welcome could not be prepared')
    connection.close(closeReasons.overloaded)
  }
}

/** One that throws is like one that rejects; what the others promised is still waited for. */
function attempt (contribute: WelcomeContributor, connection: PooledConnection): Part | Promise<Part> {
  try {
    return contribute(connection)
  } catch (error) {
    return Promise.reject(error)
  }
}
