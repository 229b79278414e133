import type { WebSocketConstructor, WebSocketLike } from '@fastify-realtime/client'
import { isMessageFailure } from '@fastify-realtime/protocol'
import type { Envelope, Message } from '@fastify-realtime/protocol'
import { Allowance } from '../../src/allowance.ts'
import type { Assembly } from '../../src/assembly.ts'
import { Wire } from '../../src/wire.ts'
import type { WireContext } from '../../src/wire.ts'
import { FakeConnection } from './fake-connection.ts'
import type { Step } from './model-broker.ts'

type Handler = (context: WireContext) => unknown

/** A first-in first-out pipe that moves one item at each step. */
function pipe<Item> (step: Step, label: string, take: (item: Item) => unknown): { put (item: Item): void, cut (): void } {
  let items: Item[] = []
  let running = false
  const run = async (): Promise<void> => {
    running = true
    while (items.length > 0) {
      await step(label)
      const [item] = items.splice(0, 1)
      if (item !== undefined) await take(item)
    }
    running = false
  }
  return {
    put (item) {
      items.push(item)
      if (!running) void run()
    },
    cut () { items = [] }
  }
}

/** The server's end of connections without a network: real messages to real handlers, in the order of a scheduler. */
export class ModelServer {
  readonly sockets = new Set<ModelSocket>()
  readonly WebSocket: WebSocketConstructor
  readonly #parts: Assembly
  readonly #handlers = new Map<string, Handler>()

  constructor (parts: Assembly, step: Step) {
    this.#parts = parts
    new Wire(parts, new Allowance({ max: 100_000, burst: 100_000 }, parts.clock)).register((type, _options, handler) => this.#handlers.set(type, handler))
    const open = (socket: ModelSocket): void => { this.sockets.add(socket) }
    const handle = (message: Message, connection: FakeConnection): Promise<void> => this.#handle(message, connection)
    const gone = (socket: ModelSocket): void => this.#gone(socket)
    this.WebSocket = class extends ModelSocket {
      constructor () {
        super(step, handle, gone)
        open(this)
      }
    }
  }

  async #handle ({ type, id, data }: Message, connection: FakeConnection): Promise<void> {
    if (connection.state === 'closed') return
    let answered = false
    const answer = (envelope: Envelope): void => {
      answered = true
      connection.sendEnvelope(envelope)
    }
    const reply = (content: unknown): void => { if (id !== undefined) answer({ type: 'reply', id, data: content }) }
    try {
      const content = await this.#handlers.get(type)?.({ data, id, connection: connection.self, answered, reply })
      if (!answered) reply(content)
    } catch (error) {
      const { statusCode } = error as { statusCode?: number }
      const code = isMessageFailure(error) ? error.code : statusCode === 503 ? 'unavailable' : 'conflict'
      answer({ type: 'failure', ...(id !== undefined && { id }), code, message: String(error), retry: code === 'unavailable' })
    }
  }

  #gone (socket: ModelSocket): void {
    this.sockets.delete(socket)
    socket.connection.state = 'closed'
    this.#parts.subscribing.forget(socket.connection.self)
  }
}

/** A WebSocket to the model server. */
export class ModelSocket implements WebSocketLike {
  binaryType = ''
  bufferedAmount = 0
  onmessage: unknown = null
  onclose: unknown = null
  onerror: unknown = null
  readonly connection = new FakeConnection('ada')
  readonly #up: ReturnType<typeof pipe<Message>>
  readonly #down: ReturnType<typeof pipe<Envelope>>
  readonly #gone: (socket: ModelSocket) => void

  constructor (step: Step, handle: (message: Message, connection: FakeConnection) => Promise<void>, gone: (socket: ModelSocket) => void) {
    this.#gone = gone
    this.#up = pipe(step, 'up', (message: Message) => handle(message, this.connection))
    this.#down = pipe(step, 'down', (envelope: Envelope) => {
      (this.onmessage as ((event: { data: string }) => void) | null)?.({ data: JSON.stringify(envelope) })
    })
    this.connection.onSend = (envelope) => this.#down.put(envelope)
    this.#down.put({ type: 'welcome', connection: this.connection.id, principal: 'ada', heartbeat: null, time: 0, subscriptions: [] })
  }

  send (data: string): void {
    this.#up.put(JSON.parse(data) as Message)
  }

  close (): void {
    this.drop(1000)
  }

  /** The connection ends; what was on its way is lost. */
  drop (code = 1006): void {
    if (this.connection.state === 'closed') return
    this.connection.onSend = () => {}
    this.#up.cut()
    this.#down.cut()
    this.#gone(this)
    const closed = this.onclose as ((event: { code: number, reason: string }) => void) | null
    closed?.({ code, reason: '' })
  }
}
