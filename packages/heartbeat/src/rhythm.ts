import type { Beat } from './options.ts'
import { STEP } from './options.ts'

/** What the heartbeat needs of a connection. */
export interface Peer {
  /** Moves with every byte, and while nothing is read because messages wait for their handlers: then silence is ours. */
  readonly bytesRead: number
  readonly state: string
}

/** A peer's place in a rhythm: the only thing that the heartbeat keeps for a connection. */
export interface Pulse<P extends Peer> {
  readonly peer: P
  readonly slot: Set<Pulse<P>>
  /** `bytesRead` when it was asked; -1 while nothing is expected of it. */
  asked: number
}

export interface RhythmActions<P extends Peer> {
  /** Asks the peer for a sign of life. */
  beat (peer: P): void
  /** The peer gave none in time. */
  dead (peer: P): void
}

/**
 * Peers that share one interval and timeout, dealt out evenly over the slots of a wheel. A turn of the wheel asks
 * one slot and judges the slot that was asked a timeout ago, so each peer costs a constant and no burst exceeds a
 * slot. Time is counted in turns, not by the clock: a process that stood still for seconds has made one turn, and
 * every deadline in flight has moved by as much.
 */
export class Rhythm<P extends Peer> {
  readonly beat: Beat
  readonly #slots: ReadonlyArray<Set<Pulse<P>>>
  readonly #patience: number
  readonly #actions: RhythmActions<P>
  #cursor = 0
  #dealt = 0

  constructor (beat: Beat, actions: RhythmActions<P>) {
    this.beat = beat
    this.#actions = actions
    this.#patience = Math.ceil(beat.timeout / STEP)
    this.#slots = Array.from({ length: Math.ceil(beat.interval / STEP) }, () => new Set<Pulse<P>>())
  }

  /**
   * Dealing by turns spreads peers that all came at once. The first fifth of the interval is left out: a peer that
   * has just come may still be waiting for its welcome.
   */
  add (peer: P): Pulse<P> {
    const length = this.#slots.length
    const first = Math.ceil(length / 5)
    const ahead = first + this.#dealt++ % (length - first + 1)
    const slot = this.#at(this.#cursor + ahead)
    const pulse = { peer, slot, asked: -1 }
    slot.add(pulse)
    return pulse
  }

  turn (): void {
    this.#cursor = (this.#cursor + 1) % this.#slots.length
    this.#judge(this.#at(this.#cursor + this.#slots.length - this.#patience))
    this.#ask(this.#at(this.#cursor))
  }

  #judge (slot: Set<Pulse<P>>): void {
    for (const pulse of slot) {
      const { peer, asked } = pulse
      pulse.asked = -1
      // Any byte is life, a part of a frame too: a slow upload is not a dead peer.
      if (asked === peer.bytesRead && isBeaten(peer)) this.#actions.dead(peer)
    }
  }

  #ask (slot: Set<Pulse<P>>): void {
    for (const pulse of slot) {
      const { peer } = pulse
      if (!isBeaten(peer)) continue
      pulse.asked = peer.bytesRead
      this.#actions.beat(peer)
    }
  }

  #at (index: number): Set<Pulse<P>> {
    return this.#slots[index % this.#slots.length] as Set<Pulse<P>>
  }
}

export function forget<P extends Peer> (pulse: Pulse<P>): void {
  pulse.slot.delete(pulse)
}

/** A connection in its closing handshake has a deadline of its own, which the pool keeps. */
function isBeaten (peer: Peer): boolean {
  return peer.state === 'open' || peer.state === 'draining'
}
