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

/** How many slots one turn asks at most; the rest of what a slow loop missed follows with the next turns. */
export const MOST_AT_ONCE = 10

/**
 * Peers that share one interval and timeout, dealt out evenly over the slots of a wheel, so that each costs a constant and
 * they never leave in one burst.
 *
 * Slots are asked by the clock: clients wait for our signs of life, and a busy loop must not ask less often. They are judged
 * by turns that count: a process that stood still for seconds has made none, and every deadline in flight has moved by
 * as much.
 */
export class Rhythm<P extends Peer> {
  readonly beat: Beat
  readonly #slots: ReadonlyArray<Set<Pulse<P>>>
  readonly #patience: number
  readonly #actions: RhythmActions<P>
  /** Slots that are not judged yet, by the turn that asked them, in that order. */
  readonly #asked = new Map<Set<Pulse<P>>, number>()
  #cursor = 0
  #owed = 0
  #turns = 0
  #dealt = 0

  constructor (beat: Beat, actions: RhythmActions<P>) {
    this.beat = beat
    this.#actions = actions
    // One turn proves nothing: when it is a little late, what came meanwhile is still unread.
    this.#patience = Math.max(2, Math.ceil(beat.timeout / STEP))
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
    // What is owed is asked at once, and is no part of the interval that begins now.
    const slot = this.#at(this.#cursor + Math.min(length, this.#owed + ahead))
    const pulse = { peer, slot, asked: -1 }
    slot.add(pulse)
    return pulse
  }

  /** As `Turn` says. */
  turn (steps: number, counts: boolean): void {
    if (counts) this.#turns++
    for (const [slot, turn] of this.#asked) {
      if (this.#turns - turn < this.#patience) break
      this.#asked.delete(slot)
      this.#judge(slot)
    }
    // Nobody is asked twice for one interval that passed, or for many.
    this.#owed = Math.min(this.#owed + steps, this.#slots.length)
    for (let left = Math.min(this.#owed, MOST_AT_ONCE); left > 0; left--) {
      this.#owed--
      this.#cursor = (this.#cursor + 1) % this.#slots.length
      this.#ask(this.#at(this.#cursor))
    }
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
    // Where turns are slower than the clock the question before may still be open: then that one is judged.
    const open = this.#asked.has(slot)
    if (!open) this.#asked.set(slot, this.#turns)
    for (const pulse of slot) {
      const { peer } = pulse
      if (!isBeaten(peer)) continue
      if (!open) pulse.asked = peer.bytesRead
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
