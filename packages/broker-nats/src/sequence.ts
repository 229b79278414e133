import type { BrokerRecord } from '@fastify-realtime/broker'

/** A message of a topic's history; one without a record is a marker. */
export interface Numbered {
  readonly seq: number
  /** The number of the message before it. */
  readonly prev: number
  readonly record: BrokerRecord | undefined
}

export interface SequenceParts {
  /** Reads what the stream holds after a number, oldest first. `complete`: nothing between them is missing. */
  readonly fill: (stream: string, after: number) => Promise<{ readonly complete: boolean, readonly messages: readonly Numbered[] }>
  readonly deliver: (record: BrokerRecord) => void
  /** Something is gone for good that should have been delivered before what comes next. */
  readonly missed: () => void
}

/** How many messages wait at most while a gap is filled; it takes another filling to get the others. */
const MAX_HELD = 1_000

/**
 * Delivers a topic's history in its order and without gaps. Each message says which one came before it. NATS before 2.11 sends
 * them a little out of order when several publish at once, and whatever is lost on the way is still in the stream.
 */
export class Sequence {
  readonly #parts: SequenceParts
  #stream: string | undefined
  /** The number up to which all is delivered. */
  #at = 0
  #held: Numbered[] = []
  #filling = false
  /** Counts beginnings and ends, so that a filling that they overtook does nothing. */
  #turn = 0

  constructor (parts: SequenceParts) {
    this.#parts = parts
  }

  /** Whether it takes messages. */
  get begun (): boolean { return this.#stream !== undefined }

  /** What comes after this number is delivered. */
  begin (stream: string, at: number): void {
    this.end()
    this.#stream = stream
    this.#at = at
  }

  take (stream: string, message: Numbered): void {
    if (this.#stream === undefined) return
    // The history was lost and is made anew.
    if (stream !== this.#stream) this.begin(stream, 0)
    if (message.seq <= this.#at) return
    if (!this.#filling && message.prev <= this.#at) {
      this.#pass(message)
      return
    }
    if (this.#held.length < MAX_HELD) this.#held.push(message)
    if (!this.#filling) void this.#fill(stream)
  }

  /** Nothing more is delivered. */
  end (): void {
    this.#stream = undefined
    this.#held = []
    this.#filling = false
    this.#turn++
  }

  async #fill (stream: string): Promise<void> {
    const turn = this.#turn
    this.#filling = true
    const filling = await this.#parts.fill(stream, this.#at).catch(() => undefined)
    if (turn !== this.#turn) return
    const held = this.#held
    this.#held = []
    this.#filling = false
    // The next message, or whoever compares positions, will find the gap again.
    if (filling === undefined) return
    if (!filling.complete) this.#parts.missed()
    for (const message of filling.messages) this.#pass(message)
    for (const message of held) this.take(stream, message)
  }

  #pass ({ seq, record }: Numbered): void {
    this.#at = seq
    if (record !== undefined) this.#parts.deliver(record)
  }
}
