import { createPatch } from 'rfc6902'
import type { Operation } from 'rfc6902'

/** Larger payloads go out in full: diffing them would hold up the event loop. */
const MAX_LENGTH = 65_536
/** Careful readers refuse patches that reach a prototype. */
const UNSAFE = '"__proto__"'
/** A patch that saves less than this share is not worth its trouble at the reader. */
const WORTH = 0.7

export interface Delta {
  /** The id of the publication that the patch applies to. */
  readonly base: string
  /** An RFC 6902 JSON Patch, as JSON text. */
  readonly patch: string
}

interface Link {
  readonly id: string
  readonly value: unknown
}

/** Turns successive publications of a topic into patches of each other, once for all who take deltas. */
export class DeltaChain {
  readonly #every: number
  #previous: Link | undefined
  #sequence = 0

  /** @param every how often everybody gets a publication in full. */
  constructor (every: number) {
    this.#every = every
  }

  /** Grows with every publication that went through. */
  get sequence (): number { return this.#sequence }

  /** Takes the next publication; answers the delta to the one before, when it is worth it. */
  next (id: string, payload: string): Delta | undefined {
    const previous = this.#previous
    this.#sequence++
    if (payload.length > MAX_LENGTH || payload.includes(UNSAFE)) {
      this.#previous = undefined
      return undefined
    }
    const value: unknown = JSON.parse(payload)
    this.#previous = { id, value }
    if (previous === undefined || this.#sequence % this.#every === 0) return undefined
    const patch = JSON.stringify(diff(previous.value, value))
    return patch.length < payload.length * WORTH ? { base: previous.id, patch } : undefined
  }

  /** Nobody takes deltas any more. */
  reset (): void {
    this.#previous = undefined
  }
}

export function diff (from: unknown, to: unknown): Operation[] {
  return createPatch(from, to, diffArrays)
}

/** The library looks for the shortest patch of two arrays in quadratic time; this goes along them once. */
function diffArrays (from: unknown, to: unknown, at: { toString (): string }): Operation[] | undefined {
  if (!Array.isArray(from) || !Array.isArray(to)) return undefined
  const operations: Operation[] = []
  const path = at.toString()
  const common = Math.min(from.length, to.length)
  for (let i = 0; i < common; i++) {
    for (const operation of diff(from[i], to[i])) operations.push({ ...operation, path: `${path}/${i}${operation.path}` })
  }
  for (let i = from.length - 1; i >= common; i--) operations.push({ op: 'remove', path: `${path}/${i}` })
  for (const value of to.slice(common)) operations.push({ op: 'add', path: `${path}/-`, value })
  return operations
}
