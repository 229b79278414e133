import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { Message, Principal } from '@fastify-realtime/protocol'
import { ReplySentError } from './errors.ts'
import { internal, type FailureBody } from './failure-body.ts'
import type { Deadlines } from './deadlines.ts'
import { replied, type MessageContext, type Replied } from './message-context.ts'
import type { SendReply } from './reply-sender.ts'
import { sendFailure } from './send-failure.ts'
import type { MessageTrace } from './tracing.ts'

/** What all messages of a route share. */
export interface ExchangeRoute {
  readonly type: string
  readonly scope: FastifyInstance
  readonly send: SendReply
  /** `null` when the route has no timeout. */
  readonly deadlines: Deadlines | null
  readonly idempotent: boolean
}

/** One message and its one answer; also the context that the handler gets, so that a message costs one object. */
export class Exchange implements MessageContext {
  readonly connection: Connection
  data: unknown
  readonly #route: ExchangeRoute
  readonly #id: string | undefined
  readonly #trace: MessageTrace | undefined
  #answered = false
  #expired = false
  #controller: AbortController | undefined
  #onEnd: (() => void) | undefined

  constructor (route: ExchangeRoute, connection: Connection, message: Message, trace: MessageTrace | undefined) {
    this.#route = route
    this.connection = connection
    this.#id = message.id
    this.data = message.data
    this.#trace = trace
  }

  get principal (): Principal {
    return this.connection.principal as Principal
  }

  get log (): FastifyBaseLogger {
    return this.#route.scope.log.child({ connection: this.connection.id, messageType: this.#route.type })
  }

  /** Made when it is first asked for: most handlers never look. */
  get signal (): AbortSignal {
    const { signal } = this.connection
    if (this.#route.deadlines === null) return signal
    if (this.#controller === undefined) this.#controller = this.#follow(signal)
    return this.#controller.signal
  }

  get reply (): (data: unknown) => Replied {
    return (data) => {
      if (this.#expired) return replied
      if (this.#answered) throw new ReplySentError(this.#route.type)
      this.#send(data)
      return replied
    }
  }

  get answered (): boolean {
    return this.#answered
  }

  get expired (): boolean {
    return this.#expired
  }

  /** Ends the exchange with what the handler returned, unless `reply()` or the timeout was first. */
  succeed (value: unknown): void {
    if (!this.#answered) this.#send(value)
    this.#release()
  }

  /** Ends the exchange with a failure, unless it was answered already. */
  refuse (body: FailureBody): void {
    if (this.#answered) return
    this.#answered = true
    if (this.#trace !== undefined) this.#trace.failure = body
    try {
      sendFailure(this.connection, this.#id, body)
    } catch (error) {
      // Details that the codec cannot encode must not leave the sender without an answer.
      this.log.error({ err: error }, 'failure could not be encoded')
      sendFailure(this.connection, this.#id, internal)
    }
    this.#release()
  }

  /** Time is up: refuses the message, and tells the handler. */
  expire (): void {
    this.#expired = true
    this.refuse({ code: 'timeout', message: 'the handler took too long', retry: this.#route.idempotent })
    this.#release()
    this.#controller?.abort(new DOMException('the message timed out', 'TimeoutError'))
  }

  #send (data: unknown): void {
    if (this.#id !== undefined) this.#route.send(this.connection, this.#id, data)
    this.#answered = true
  }

  #follow (signal: AbortSignal): AbortController {
    const controller = new AbortController()
    this.#onEnd = () => controller.abort(signal.reason)
    if (signal.aborted) this.#onEnd()
    else signal.addEventListener('abort', this.#onEnd, { once: true })
    return controller
  }

  /** A connection lives long and has many messages: none may leave a listener behind. */
  #release (): void {
    if (this.#onEnd !== undefined) this.connection.signal.removeEventListener('abort', this.#onEnd)
  }
}
