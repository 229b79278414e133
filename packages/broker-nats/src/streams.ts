import { randomBytes } from 'node:crypto'
import { isLost, JetStreamError, SUBJECTS_OVERLAP } from './jetstream.ts'
import type { JetStream } from './jetstream.ts'
import { NobodyListensError } from './requests.ts'
import type { ResolvedNatsOptions } from './nats-options.ts'
import type { Subjects } from './subjects.ts'

export interface StreamInfo {
  readonly name: string
  /** Ends the name, and is new whenever the stream is made anew. */
  readonly epoch: string
  /** Milliseconds that ids are remembered. */
  readonly window: number
}

interface Info {
  readonly config: { readonly duplicate_window: number, readonly max_msgs_per_subject: number }
  readonly state: { readonly last_seq: number }
}

type Room = 'h' | 'l' | 'r' | 'p'

const NAMES = { h: 'history', l: 'live', r: 'records', p: 'presence' } as const
/** How often, and after how many milliseconds, a new stream is asked for. */
const MAX_TRIES = 50
const AGAIN = 20
/** Before the start. */
const NOT_FOUND: StreamInfo = { name: '', epoch: '', window: 0 }
/** Bytes of the newest message of each topic without history. */
const LIVE_BYTES = 67_108_864

/**
 * The streams of a cluster of nodes. Their names end in random letters, so that a stream that was lost and made anew has
 * another name: who still means the lost one is refused, and its positions are of another epoch.
 */
export class Streams {
  readonly #jetStream: JetStream
  readonly #subjects: Subjects
  readonly #options: ResolvedNatsOptions
  readonly #found: Record<Room, StreamInfo> = { h: NOT_FOUND, l: NOT_FOUND, r: NOT_FOUND, p: NOT_FOUND }
  /** The newest sequence number of the history that this node saw. */
  #newest = 0

  constructor (jetStream: JetStream, subjects: Subjects, options: ResolvedNatsOptions) {
    this.#jetStream = jetStream
    this.#subjects = subjects
    this.#options = options
  }

  get history (): StreamInfo { return this.#found.h }
  get live (): StreamInfo { return this.#found.l }
  get records (): StreamInfo { return this.#found.r }
  get presence (): StreamInfo { return this.#found.p }

  /** The epoch that a stream's name says, if it is a history. */
  epochOf (name: string): string | undefined {
    const begin = this.#begin('h')
    return name.startsWith(begin) ? name.slice(begin.length) : undefined
  }

  /** Remembers how far the history had come. */
  saw (name: string, seq: number): void {
    if (seq > this.#newest && name === this.#found.h.name) this.#newest = seq
  }

  /** Finds the streams, or makes them. */
  async ensure (): Promise<void> {
    for (const room of ['h', 'l', 'r', 'p'] as const) {
      this.#found[room] = await this.#ensure(room)
      await this.#listens(room)
    }
  }

  async #ensure (room: Room): Promise<StreamInfo> {
    const begin = this.#begin(room)
    const { streams } = await this.#jetStream.api<{ streams: string[] | null }>('STREAM.NAMES', { subject: this.#subjects.all(room) })
    const existing = streams?.[0]
    const name = existing ?? begin + randomBytes(6).toString('hex')
    if (!name.startsWith(begin)) throw new Error(`the stream "${name}" has taken subjects of "${this.#options.prefix}"; choose another prefix`)
    // Before the question, because what comes meanwhile may be newer than the answer.
    const known = name === this.#found.h.name ? this.#newest : 0
    try {
      const info = existing === undefined ? await this.#create(room, name) : await this.#jetStream.api<Info>(`STREAM.INFO.${name}`, {})
      if (room === 'h' && !await this.#keep(name, info, known)) return await this.#ensure(room)
      return { name, epoch: name.slice(begin.length), window: info.config.duplicate_window / 1e6 }
    } catch (error) {
      // Another node was faster, or made way for a new one.
      if (isLost(error) || (error instanceof JetStreamError && error.code === SUBJECTS_OVERLAP)) return this.#ensure(room)
      throw error
    }
  }

  /** In a cluster it takes a moment until every server knows of a new stream. Asked with a condition that it refuses. */
  async #listens (room: Room): Promise<void> {
    const { clock } = this.#options
    for (let tries = 1; ; tries++) {
      try {
        await this.#jetStream.publish(this.#subjects.all(room).replace('>', 'probe'), '', { stream: 'none' })
      } catch (error) {
        if (!(error instanceof NobodyListensError)) return
        if (tries === MAX_TRIES) throw error
      }
      await new Promise<void>((resolve) => { clock.setTimeout(resolve, AGAIN) })
    }
  }

  /**
   * A stream that has less than this node saw would give the same positions twice, so it goes: whoever holds a position learns
   * that something is missing.
   */
  async #keep (name: string, { config, state }: Info, known: number): Promise<boolean> {
    if (state.last_seq < known) {
      await this.#jetStream.api(`STREAM.DELETE.${name}`, {})
      return false
    }
    if (name !== this.#found.h.name) this.#newest = state.last_seq
    const max = this.#options.maxHistory + 1
    if (config.max_msgs_per_subject < max) await this.#jetStream.api(`STREAM.UPDATE.${name}`, { ...config, max_msgs_per_subject: max })
    return true
  }

  #create (room: Room, name: string): Promise<Info> {
    const { maxHistory, maxBytes, positionTtl, dedupeWindow, recordTtl, replicas } = this.#options
    const subject = this.#subjects.all(room)
    const republish = { src: subject, dest: this.#subjects.all('d') }
    const kinds = {
      // One more than anybody may see: it proves that nothing is missing before the first visible one.
      h: { storage: 'file', max_msgs_per_subject: maxHistory + 1, max_bytes: maxBytes === false ? -1 : maxBytes, max_age: positionTtl * 1e6, duplicate_window: dedupeWindow * 1e6, republish },
      l: { storage: 'memory', max_msgs_per_subject: 1, max_bytes: LIVE_BYTES, max_age: positionTtl * 1e6, duplicate_window: dedupeWindow * 1e6, republish },
      r: { storage: 'file', max_msgs_per_subject: 1, max_bytes: -1, max_age: recordTtl * 1e6, duplicate_window: 100e6 },
      // Who is there stays as long as its node lives.
      p: { storage: 'file', max_msgs_per_subject: 1, max_bytes: -1, max_age: 0, duplicate_window: 100e6 }
    }
    return this.#jetStream.api(`STREAM.CREATE.${name}`, {
      name, subjects: [subject], retention: 'limits', discard: 'old', num_replicas: replicas, ...kinds[room]
    })
  }

  #begin (room: Room): string {
    return `${this.#options.prefix}-${NAMES[room]}-`
  }
}
