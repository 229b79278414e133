import { Buffer } from 'node:buffer'
import { headers } from '@nats-io/nats-core'
import { NobodyListensError } from './requests.ts'
import type { Requests } from './requests.ts'

/** What JetStream answers when it refuses. The numbers are its `err_code`. */
export class JetStreamError extends Error {
  readonly code: number

  constructor (code: number, description: string) {
    super(`${description} (JetStream ${code})`)
    this.code = code
  }
}

const NO_MESSAGE = 10_037
/** The second one says that another message is on its way through a cluster. */
const WRONG_LAST_SEQUENCE = [10_071, 10_164]
export const SUBJECTS_OVERLAP = 10_065
const STREAM_NOT_FOUND = 10_059
/** The same id is on its way through a cluster. */
const ID_IN_PROCESS = 10_158
const WRONG_STREAM = 10_060

/** Whether the stream that was meant is not there any more. */
export function isLost (error: unknown): boolean {
  return error instanceof NobodyListensError ||
    (error instanceof JetStreamError && (error.code === STREAM_NOT_FOUND || error.code === WRONG_STREAM))
}

/** Where a message stands in its stream, or where the first one with its id stands. */
export interface Ack {
  readonly stream: string
  readonly seq: number
  readonly duplicate?: boolean
}

export interface Stored {
  readonly seq: number
  /** When the server stored it, by the server's clock, in milliseconds. */
  readonly time: number
  readonly data: Uint8Array
}

export interface PublishConditions {
  /** Refuse when another stream listens. */
  readonly stream?: string
  /** Refuse, as a duplicate, what has the id of an earlier message. */
  readonly id?: string
}

export interface Scan {
  /** How many messages there are from the start on. */
  readonly pending: number
  /** The oldest of them, as many as were asked for. */
  readonly messages: readonly Stored[]
}

interface Answer {
  readonly error?: { readonly err_code: number, readonly description: string }
}

/** How many times something is tried at most. */
const MAX_TRIES = 100
/** How many messages one pull brings at most. */
const PULL = 1_000
/** Nanoseconds after which the server forgets a consumer that was not deleted. */
const FORGOTTEN = 10e9

/** The parts of JetStream's API that a broker needs; every answer comes from the stream's leader. */
export class JetStream {
  readonly #requests: Requests

  constructor (requests: Requests) {
    this.#requests = requests
  }

  async api<T> (endpoint: string, body: object): Promise<T> {
    return read<T>((await this.#requests.ask(`$JS.API.${endpoint}`, JSON.stringify(body))).data)
  }

  async publish (subject: string, data: Uint8Array | string, conditions: PublishConditions = {}): Promise<Ack> {
    return this.#publish(subject, data, conditions, undefined)
  }

  /** Only while this is the newest message of the subject, 0 for none; otherwise nothing is done, and nothing answered. */
  async publishAfter (last: number, subject: string, data: Uint8Array | string, conditions: PublishConditions = {}): Promise<Ack | undefined> {
    try {
      return await this.#publish(subject, data, conditions, last)
    } catch (error) {
      return unless(error, WRONG_LAST_SEQUENCE)
    }
  }

  /** The newest message of a subject, or the first one from a sequence number on. */
  async get (stream: string, query: { last_by_subj: string } | { seq: number, next_by_subj?: string }): Promise<Stored | undefined> {
    try {
      const { message } = await this.api<{ message: { seq: number, time: string, data?: string } }>(`STREAM.MSG.GET.${stream}`, query)
      return { seq: message.seq, time: Date.parse(message.time), data: Buffer.from(message.data ?? '', 'base64') }
    } catch (error) {
      return unless(error, [NO_MESSAGE])
    }
  }

  /**
   * Reads the messages of a subject, oldest first, from a sequence number on.
   * @param count says how many are wanted, when it is known how many there are
   */
  async scan (stream: string, subject: string, start: number, count: (pending: number) => number): Promise<Scan> {
    const { name, num_pending: pending } = await this.api<{ name: string, num_pending: number }>(`CONSUMER.CREATE.${stream}`, {
      stream_name: stream,
      config: {
        filter_subject: subject,
        deliver_policy: 'by_start_sequence',
        opt_start_seq: start,
        ack_policy: 'none',
        mem_storage: true,
        inactive_threshold: FORGOTTEN
      }
    })
    const wanted = Math.min(pending, count(pending))
    const messages: Stored[] = []
    while (messages.length < wanted) {
      const batch = Math.min(PULL, wanted - messages.length)
      const pulled = await again(
        () => this.#requests.collect(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, JSON.stringify({ batch, no_wait: true }), batch),
        // Not every server knows of the consumer yet.
        (error) => error instanceof NobodyListensError)
      for (const { data, reply } of pulled) messages.push(stored(data, String(reply)))
      // Messages went while we read.
      if (pulled.length < batch) break
    }
    // Nobody waits for it: what is not deleted is forgotten soon.
    this.api(`CONSUMER.DELETE.${stream}.${name}`, {}).catch(() => {})
    return { pending, messages }
  }

  async #publish (subject: string, data: Uint8Array | string, { stream, id }: PublishConditions, last: number | undefined): Promise<Ack> {
    if (stream === undefined && id === undefined && last === undefined) return read((await this.#requests.ask(subject, data)).data)
    const conditions = headers()
    if (stream !== undefined) conditions.set('Nats-Expected-Stream', stream)
    if (id !== undefined) conditions.set('Nats-Msg-Id', id)
    if (last !== undefined) conditions.set('Nats-Expected-Last-Subject-Sequence', String(last))
    return again(async () => read((await this.#requests.ask(subject, data, conditions)).data),
      (error) => error instanceof JetStreamError && error.code === ID_IN_PROCESS)
  }
}

/** For what a cluster says while something is on its way through it: the next answer may be another one. */
async function again<T> (work: () => Promise<T>, isPassing: (error: unknown) => boolean, tries = MAX_TRIES): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (tries === 1 || !isPassing(error)) throw error
    return again(work, isPassing, tries - 1)
  }
}

/** That answer is no failure here. */
function unless (error: unknown, codes: readonly number[]): undefined {
  if (!(error instanceof JetStreamError) || !codes.includes(error.code)) throw error
}

function read<T> (data: Uint8Array): T {
  const answer = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()) as Answer
  if (answer.error !== undefined) throw new JetStreamError(answer.error.err_code, answer.error.description)
  return answer as T
}

/** A delivered message's reply subject ends in `<sequence>.<of the consumer>.<nanoseconds>.<pending>`; newer servers may add one token. */
function stored (data: Uint8Array, reply: string): Stored {
  const tokens = reply.split('.')
  // `$JS.ACK.<stream>.<consumer>.<deliveries>.…`, or `$JS.ACK.<domain>.<account>.<stream>.<consumer>.<deliveries>.…`
  const at = tokens.length === 9 ? 5 : 7
  return { seq: Number(tokens[at]), time: Number(tokens[at + 2]) / 1e6, data }
}
