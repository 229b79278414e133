import type { Failure, Reply, ServerRequest } from '@fastify-realtime/protocol'
import { RealtimeError, temporary } from './errors.ts'
import type { ClientCodec } from './json.ts'
import type { Way } from './requests.ts'

/** Answers a request of the server; what it returns is the reply. To fail, throw a `RealtimeError`. */
export type RequestHandler = (data: unknown) => unknown

/** A server that asks more than this at once is told to come back. */
const MAX_RUNNING = 100

/** Answers what the server asks. */
export class Responder {
  readonly #handlers = new Map<string, RequestHandler>()
  readonly #report: (error: unknown) => void
  #running = 0

  /** @param report told what a handler threw that is not meant for the server */
  constructor (report: (error: unknown) => void) {
    this.#report = report
  }

  /** One handler for each name; a second one takes its place. Answers the undo function. */
  on (name: string, handler: RequestHandler): () => void {
    this.#handlers.set(name, handler)
    return () => {
      if (this.#handlers.get(name) === handler) this.#handlers.delete(name)
    }
  }

  /** What is not answered on the connection that asked is not answered at all. */
  async answer ({ id, name, data }: ServerRequest, codec: Pick<ClientCodec, 'encode'>, way: Way): Promise<void> {
    const { link } = way
    const send = (answer: Reply | Failure): void => {
      const encoded = codec.encode(answer)
      if (link === way.link) link?.send(encoded)
    }
    this.#running++
    try {
      const handler = this.#handlers.get(name)
      if (handler === undefined) throw new RealtimeError('unknown-type', 'unknown request')
      if (this.#running > MAX_RUNNING) throw temporary('rate-limited', 'Too many messages.')
      send({ type: 'reply', id, data: await handler(data) })
    } catch (error) {
      const known = error instanceof RealtimeError
      if (!known) this.#report(error)
      const { code, message, retry, details } = known ? error : new RealtimeError('internal', 'internal error')
      send({ type: 'failure', id, code: code as Failure['code'], message, retry, details })
    } finally {
      this.#running--
    }
  }
}
