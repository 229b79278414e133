import type { Position } from '@fastify-realtime/protocol'
import { isPosition } from './publication.ts'
import type { Received } from './publication.ts'

/**
 * Lets each publication of a topic through once. It never infers a loss: offsets may jump, and whether anything is
 * missing between two epochs only the server can tell.
 */
export class PositionGate {
  /** The newest position that is known. */
  position: Position | undefined
  /** Two subscriptions of one connection, to a topic and to a pattern over it, bring the same publication twice. */
  #id: string | undefined

  /** Whether this publication is new; if so it counts as seen. */
  pass ({ id, position }: Received): boolean {
    if (id !== undefined && id === this.#id) return false
    if (isPosition(position) && !this.advance(position)) return false
    this.#id = id
    return true
  }

  /** Moves on, never back within an epoch. Answers whether it moved. */
  advance (to: Position): boolean {
    const { position: at } = this
    if (at?.epoch === to.epoch && to.offset <= at.offset) return false
    this.position = to
    return true
  }
}
