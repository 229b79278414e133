import type { Clock } from '@fastify-realtime/protocol'
import type { JetStream } from './jetstream.ts'

/** The time of the NATS server, by which messages are dated: the nodes need not agree about it. */
export class ServerClock {
  readonly #clock: Clock
  #ahead = 0

  constructor (clock: Clock) {
    this.#clock = clock
  }

  readonly time = (): number => this.#clock.time() + this.#ahead

  /** Compares it with ours: the server dates one message. @param subject where it disturbs nobody. */
  async compare (jetStream: JetStream, subject: string): Promise<void> {
    const sent = this.#clock.time()
    const { stream, seq } = await jetStream.publish(subject, '')
    const message = await jetStream.get(stream, { seq })
    const received = this.#clock.time()
    if (message !== undefined) this.#ahead = message.time - (sent + received) / 2
  }
}
