import { Alarm } from './alarm.ts'
import { Backoff } from './backoff.ts'
import type { BackoffParts } from './backoff.ts'
import type { RealtimeError } from './errors.ts'
import type { Requests } from './requests.ts'
import type { Clock } from '@fastify-realtime/protocol'

/** One request at a time that is repeated for as long as the server says that it may work later. */
export class StandingRequest {
  readonly #requests: Pick<Requests, 'ask' | 'send'>
  readonly #alarm: Alarm
  readonly #backoff: Backoff
  /** The answer to an earlier request is not for this one. */
  #turn = 0

  constructor (requests: Pick<Requests, 'ask' | 'send'>, parts: BackoffParts & { readonly clock: Clock }) {
    this.#requests = requests
    this.#alarm = new Alarm(parts.clock)
    this.#backoff = new Backoff(parts)
  }

  /** Asks now. `done` is called in the turn in which the reply comes; `refused` when asking again makes no sense. */
  ask (type: string, data: unknown, done: (reply: unknown) => void, refused: (error: RealtimeError) => void): void {
    this.stop()
    const turn = this.#turn
    this.#requests.ask(type, data, { queue: false }, (reply) => {
      if (turn === this.#turn) done(reply)
    }, (error) => {
      if (turn !== this.#turn) return
      const { retry, code, details } = error as RealtimeError
      // These two say that nothing stands, which is no harm to ask for twice.
      if (retry || code === 'timeout' || code === 'conflict') this.later(() => this.ask(type, data, done, refused), details)
      else refused(error as RealtimeError)
    })
  }

  /** Says something about it, if there is a connection. */
  tell (type: string, data: unknown): void {
    this.#requests.send(type, data, { queue: false })
  }

  /** What was asked for stands. */
  holds (): void {
    this.#backoff.holds()
  }

  /** Asks after a while. @param details of a failure; may say how long to wait at least. */
  later (ask: () => void, details?: unknown): void {
    const { retryAfter } = (details ?? {}) as { retryAfter?: unknown }
    this.stop()
    this.#alarm.set(this.#backoff.next(Number(retryAfter) || 0), ask)
  }

  /** Takes no answer any more. */
  stop (): void {
    this.#turn++
    this.#alarm.stop()
  }
}
