import type { Backlog, Burdened } from './backlog.ts'
import type { Batch } from './batch.ts'
import type { Compressor } from './compressor.ts'
import type { Overflow, SendOutcome } from './contract.ts'
import type { Flusher } from './flusher.ts'
import type { Awaiting, FinishedFrame } from './frame.ts'
import { Outflow } from './outflow.ts'
import type { OutflowOwner, Sink } from './outflow.ts'
import { WaitingFrames } from './waiting-frames.ts'

export interface OutboxOwner {
  /** The soft mark was passed. */
  pressed (bytes: number): void
  /** The hard limit was passed by a frame that must not be lost. */
  overflowed (): void
  /** The node's limit was passed, and this is the largest. */
  evicted (): void
}

export interface OutboxLimits {
  /** Bytes in the socket above which frames wait in our own queue, where they can be dropped or replaced. */
  readonly softMark: number
  /** Bytes in our queue and the socket together at which the policy applies. */
  readonly maxBytes: number
  /** For frames that bring none of their own. */
  readonly overflow: Overflow['policy']
}

export interface OutboxParts {
  readonly sink: Sink
  readonly flusher: Flusher
  readonly owner: OutboxOwner
  readonly backlog: Backlog<Burdened>
  readonly limits: OutboxLimits
  /** Only for a peer that takes compressed frames. */
  readonly compressor: Compressor | undefined
}

/** Everything on its way to one peer: the outflow, and in front of a full socket a queue of ours. */
export class Outbox implements OutflowOwner, Burdened, Awaiting {
  // What every frame touches stands first, near each other.
  #ended = false
  #queue: WaitingFrames | undefined
  readonly #outflow: Outflow
  readonly #compressor: Compressor | undefined
  framesDropped = 0
  #held = false
  #pressed = false
  readonly #owner: OutboxOwner
  readonly #limits: OutboxLimits
  readonly #backlog: Backlog<Burdened>

  constructor ({ sink, flusher, owner, limits, backlog, compressor }: OutboxParts) {
    this.#owner = owner
    this.#limits = limits
    this.#backlog = backlog
    this.#compressor = compressor
    this.#outflow = new Outflow(sink, flusher, limits.softMark, this)
  }

  get framesSent (): number { return this.#outflow.frames }
  get bytesSent (): number { return this.#outflow.bytes }

  /** Whether frames wait in our queue. */
  get isWaiting (): boolean { return this.#queue !== undefined }

  get pressure (): number {
    return this.#outflow.pending + (this.#queue === undefined ? 0 : this.#queue.bytes)
  }

  send (frame: FinishedFrame, overflow?: Overflow): SendOutcome {
    if (this.#ended) return this.#drop()
    if (this.#queue !== undefined || this.#outflow.isFull()) return this.#enqueue(frame, overflow)
    const batch = this.#bytesOf(frame)
    if (batch === undefined) return this.#enqueue(frame, overflow)
    this.#outflow.place(batch)
    return 'sent'
  }

  /** Past everything that waits: control frames, and the first frame of a held outbox. */
  jump (batch: Batch): void {
    if (!this.#ended) this.#outflow.place(batch)
  }

  /** Lets frames wait until `release`. */
  hold (): void {
    this.#held = true
    this.#queue = new WaitingFrames()
  }

  release (): void {
    this.#held = false
    this.resume()
  }

  /** Takes as much from the queue as the socket may hold. */
  resume (): void {
    while (this.#queue !== undefined && !this.#held) {
      const frame = this.#queue.peek()
      if (frame === undefined) {
        this.#queue = undefined
        return
      }
      if (this.#outflow.isFull()) return
      const batch = this.#bytesOf(frame)
      if (batch === undefined) return
      this.#queue.shift()
      this.#outflow.place(batch)
    }
  }

  stalled (): void {
    this.#backlog.note(this)
  }

  drained (): void {
    this.#pressed = false
    this.resume()
  }

  /** Somebody else is about to write to the socket; what came before leaves before it. */
  share (): void {
    this.#outflow.share()
  }

  evict (): void {
    this.discard()
    this.#owner.evicted()
  }

  /** Hands everything over to the socket, so that only a close frame can follow. */
  finish (): void {
    if (this.#held) return this.discard()
    for (let frame = this.#queue?.peek(); frame !== undefined; frame = this.#queue?.peek()) {
      this.#queue?.shift()
      this.#outflow.place(frame.plain)
    }
    this.#outflow.flush()
    this.discard()
  }

  /** Gives up everything that is not in the socket yet. */
  discard (): void {
    this.framesDropped += this.#queue?.size ?? 0
    this.#ended = true
    this.#queue = undefined
    this.#outflow.discard()
  }

  /** The socket is gone. */
  forget (): void {
    this.discard()
    this.#backlog.forget(this)
  }

  #bytesOf (frame: FinishedFrame): Batch | undefined {
    const compressor = this.#compressor
    return compressor === undefined ? frame.plain : frame.deflated(compressor, this)
  }

  #enqueue (frame: FinishedFrame, overflow: Overflow | undefined): SendOutcome {
    this.#queue ??= new WaitingFrames()
    if (overflow?.policy === 'conflate' && overflow.key !== undefined) this.framesDropped += this.#queue.conflate(overflow.key)
    if (!this.#makeRoom(this.#queue, frame.size, overflow?.policy ?? this.#limits.overflow)) return this.#drop()
    this.#queue.add(frame, overflow)
    this.#note()
    return 'queued'
  }

  #makeRoom (queue: WaitingFrames, size: number, policy: Overflow['policy']): boolean {
    const { maxBytes } = this.#limits
    if (this.pressure + size <= maxBytes) return true
    if (policy === 'drop-oldest' || policy === 'conflate') {
      this.framesDropped += queue.dropOldest(this.pressure + size - maxBytes)
      if (this.pressure + size <= maxBytes) return true
    }
    // What is conflated is state: a reader that cannot hold the newest of it comes back and reads it anew.
    if (policy === 'disconnect' || policy === 'conflate') this.#owner.overflowed()
    return false
  }

  #drop (): SendOutcome {
    this.framesDropped++
    return 'dropped'
  }

  #note (): void {
    const { pressure } = this
    this.#backlog.note(this)
    if (this.#pressed || pressure < this.#outflow.softMark) return
    this.#pressed = true
    this.#owner.pressed(pressure)
  }
}
