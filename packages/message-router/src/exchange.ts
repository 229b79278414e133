import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Connection } from '@fastify-realtime/connection-pool'
import { failureEnvelope, type Message, type Principal } from '@fastify-realtime/protocol'
import type { Deadline, Deadlines } from './deadlines.ts'
import { ReplySentError } from './errors.ts'
import { internal, type FailureBody } from './failure-body.ts'
import type { HookReply } from './hook-reply.ts'
import { HookRequest } from './hook-request.ts'
import { replied, type MessageContext, type Replied } from './message-context.ts'
import type { SendReply } from './reply-sender.ts'
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
export class Exchange implements MessageContext, Deadline {
  readonly connection: Connection
  readonly id: string | undefined
  data: unknown
  due = 0
  previous: Deadline | null = null
  next: Deadline | null = null
  /** What hooks answer with; `null` without hooks. */
  hookReply: HookReply | null = null
  readonly #route: ExchangeRoute
  readonly #trace: MessageTrace | undefined
  #answered = false
  #ended = false
  #expired = false
  #settled: (() => void) | null = null
  #request: HookRequest | null = null
  #controller: AbortController | null = null
  #onClose: (() => void) | null = null

  constructor (route: ExchangeRoute, connection: Connection, message: Message, trace: MessageTrace | undefined) {
    this.#route = route
    this.connection = connection
    this.id = message.id
    this.data = message.data
    this.#trace = trace
  }

  get principal (): Principal {
    return this.connection.principal as Principal
  }

  get log (): FastifyBaseLogger {
    return this.#route.scope.log.child({ connection: this.connection.id, messageType: this.#route.type })
  }

  /** Made when it is first asked for: most handlers never look. After the end only the connection can abort. */
  get signal (): AbortSignal {
    if (this.#controller !== null) return this.#controller.signal
    if (this.#expired) return AbortSignal.abort(timedOut())
    const { signal } = this.connection
    if (this.#ended || this.#route.deadlines === null || signal.aborted) return signal
    const controller = new AbortController()
    this.#controller = controller
    this.#onClose = () => controller.abort(signal.reason)
    signal.addEventListener('abort', this.#onClose, { once: true })
    return controller.signal
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

  get idempotent (): boolean {
    return this.#route.idempotent
  }

  /** The message as hooks and error handlers see it: one view for all, so that they find what others put on it. */
  get request (): HookRequest {
    this.#request ??= new HookRequest(this, this.#route.type, this.#route.scope)
    return this.#request
  }

  /** The exchange goes on after this turn, until `end` or its deadline, whichever comes first; then `settled` is called. */
  wait (settled: () => void): void {
    this.#settled = settled
    this.#route.deadlines?.add(this)
  }

  /** Ends the exchange with what the handler returned, unless it was answered already. */
  succeed (value: unknown): void {
    if (!this.#answered) this.#send(value)
    this.end()
  }

  /** Answers with a failure, unless it was answered already. */
  refuse (body: FailureBody): void {
    if (this.#answered) return
    this.#answered = true
    if (this.#trace !== undefined) this.#trace.failure = body
    try {
      this.connection.sendEnvelope(failureEnvelope(body, this.id))
    } catch (error) {
      // Details that the codec cannot encode must not leave the sender without an answer.
      this.log.error({ err: error }, 'failure could not be encoded')
      this.connection.sendEnvelope(failureEnvelope(internal, this.id))
    }
  }

  /** Time is up: refuses the message, and tells the handler. */
  expire (): void {
    this.#expired = true
    this.refuse({ code: 'timeout', message: 'the handler took too long', retry: this.#route.idempotent })
    this.end()
    this.#controller?.abort(timedOut())
  }

  /** Nothing more will come of it; what comes after the first call does nothing. */
  end (): void {
    if (this.#ended) return
    this.#ended = true
    // A connection lives long and has many messages: none may leave a listener behind.
    if (this.#onClose !== null) this.connection.signal.removeEventListener('abort', this.#onClose)
    if (this.#settled === null) return
    if (!this.#expired) this.#route.deadlines?.remove(this)
    this.#settled()
  }

  #send (data: unknown): void {
    if (this.id !== undefined) this.#route.send(this.connection, this.id, data)
    this.#answered = true
  }
}

function timedOut (): DOMException {
  return new DOMException('the message timed out', 'TimeoutError')
}
