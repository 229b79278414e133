import type { Position } from '@fastify-realtime/protocol'

/** Topics that share a beginning; more cost memory, fewer let more topics lose their position when one is forgotten. */
const SHARES = 16_384

/**
 * Where topics stand that have no history, for any number of them: a topic that nobody has published to needs no memory, and still
 * stands where it stood when it was last asked for. Topics share beginnings by hash. When a history is forgotten its
 * beginning moves above everything given so far, into a new epoch; the few quiet topics that share it lose their position too,
 * which costs their readers a fresh start and nobody a publication. Pure.
 */
export class Beginnings {
  readonly #epoch: string
  /** The same text for all: most topics have never moved. */
  readonly #first: string
  /** By share, where it begins when that is not 0. */
  readonly #offsets = new Map<number, number>()

  /** @param epoch begins every epoch, and differs from one process to the next. */
  constructor (epoch: string) {
    this.#epoch = epoch
    this.#first = `${epoch}-0`
  }

  /** How many shares have moved. */
  get moved (): number { return this.#offsets.size }

  of (key: string): Position {
    const offset = this.#offsets.get(share(key)) ?? 0
    return { epoch: offset === 0 ? this.#first : `${this.#epoch}-${offset}`, offset }
  }

  /** @param highest at least every offset that the topic was given, and more than its former beginning */
  move (key: string, highest: number): void {
    this.#offsets.set(share(key), highest)
  }
}

/** FNV-1a. */
function share (key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % SHARES
}
