import type { Overflow } from '@fastify-realtime/connection-pool'
import type { Position } from '@fastify-realtime/protocol'
import { DeltaChain } from './delta.ts'
import type { Buffer } from './merge-buffer.ts'
import type { Outgoing } from './publication.ts'
import { topicOverflow } from './overflow.ts'
import { Roster } from './roster.ts'
import type { Placed } from './roster.ts'
import type { SharedReads } from './shared-reads.ts'
import type { TopicSettings } from './topic-options.ts'

/** What those share who read a topic's history at the same time. */
export interface Gathering {
  readonly buffer: Buffer
  readonly reads: SharedReads
  /** The broker was away since it began: publications may be missing between what was read and what came. */
  interrupted: boolean
}

/** Those that get deltas, and what they are made from. */
export interface DeltaReaders<Member extends Placed> {
  readonly chain: DeltaChain
  readonly roster: Roster<Member>
}

/** A topic, or a pattern, that connections of this node are subscribed to. It lives as long as its last subscription. */
export class Topic<Member extends Placed> {
  readonly name: string
  readonly settings: TopicSettings
  /** Whether its publications have positions that order and dedupe them. */
  readonly ordered: boolean
  /** Whether its subscribers can recover. */
  readonly recoverable: boolean
  /** The same for every publication; `undefined` when each has its own conflation key, or the pool decides. */
  readonly overflow: Overflow | undefined
  /** Those that get every publication. */
  readonly live: Roster<Member> = new Roster()
  /** Those that may have been answered ahead of what the node received. */
  readonly behind: Roster<Member> = new Roster()
  /** Where the topic offers them. */
  readonly deltas: DeltaReaders<Member> | undefined
  /** Whether the broker delivers it; until then records are leftovers of an earlier interest. */
  standing = false
  /** The newest position that the node received while the interest stands. */
  last: Position | undefined
  /** What a position check expects to have been received by the next one. */
  expected: Position | undefined
  gathering: Gathering | undefined
  /** What a record of the history weighed in the last answer, in bytes; 0 before the first one. */
  weight = 0
  /** Since the broker went `away`, and while it is `back` and not judged yet, a publication that comes may follow a hole. */
  doubt: 'away' | 'back' | undefined
  /** All subscriptions, whatever their stage. */
  subscriptions = 0
  /** Those that the application was told of. */
  told = 0
  #readers = 0

  constructor (name: string, settings: TopicSettings, isPattern: boolean) {
    this.name = name
    this.settings = settings
    this.ordered = settings.keep !== undefined && !isPattern
    this.recoverable = this.ordered && settings.history
    this.overflow = topicOverflow(settings, name)
    const { deltaEvery } = settings
    if (deltaEvery !== undefined && !isPattern) this.deltas = { chain: new DeltaChain(deltaEvery), roster: new Roster() }
  }

  /** Begins to keep what arrives, for one more reader. */
  gather (begin: () => Gathering): Gathering {
    this.#readers++
    this.gathering ??= begin()
    return this.gathering
  }

  /** One reader is done. */
  scatter (): void {
    this.#readers--
    if (this.#readers === 0) this.gathering = undefined
  }

  /** What those who read now keep is not without a gap. */
  interrupt (): void {
    if (this.gathering !== undefined) this.gathering.interrupted = true
    this.gathering = undefined
  }

  /** Everybody who receives publications, in no order. */
  * receivers (): Iterable<Member> {
    const deltas = this.deltas === undefined ? [] : [this.deltas.roster]
    for (const roster of [this.live, this.behind, ...deltas]) yield * roster.members()
  }

  /** Keeps an arrival for those that read. */
  hold (outgoing: Outgoing): void {
    if (this.gathering === undefined) return
    this.gathering.buffer.add(outgoing)
    this.gathering.reads.expire()
  }
}
