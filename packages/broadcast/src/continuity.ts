import type { Position } from '@fastify-realtime/protocol'

/** How a record's position relates to the last one: it follows, it was there before, or the history was lost between. */
export type Step = 'next' | 'seen' | 'lost'

/** Judges one step in a topic's positions. Offsets may jump, so a jump is no loss; another epoch is. */
export type Continuity = (last: Position | undefined, next: Position) => Step

export const continuity: Continuity = (last, next) => {
  if (last === undefined) return 'next'
  if (last.epoch !== next.epoch) return 'lost'
  return next.offset > last.offset ? 'next' : 'seen'
}
