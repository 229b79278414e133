import type { Frame, Overflow } from '@fastify-realtime/connection-pool'
import type { Codec } from '@fastify-realtime/protocol'
import type { Outgoing } from './publication.ts'
import type { Roster } from './roster.ts'
import type { Subscription } from './subscription.ts'

/** Frames handed to connections, since the start. */
export interface Tally {
  delivered: number
  dropped: number
}

/** The hot loop: one frame per codec, and nothing made per subscriber. */
export function fanOut (roster: Roster<Subscription>, outgoing: Outgoing, overflow: Overflow | undefined, tally: Tally): void {
  const { slots } = roster
  const { except } = outgoing.record
  let codec: Codec | undefined
  let frame: Frame | undefined
  let dropped = 0
  let count = 0
  // Whoever joins during the walk stands behind this length, and was given the publication another way.
  for (let i = 0, length = slots.length; i < length; i++) {
    const subscription = slots[i]
    if (subscription === undefined) continue
    const { connection } = subscription
    if (except !== undefined && connection.id === except) continue
    if (frame === undefined || subscription.codec !== codec) {
      codec = subscription.codec
      frame = outgoing.frame(codec)
    }
    count++
    if (connection.send(frame, overflow) === 'dropped') dropped++
  }
  tally.delivered += count - dropped
  tally.dropped += dropped
}

/** The same where subscribers get different frames: `pick` answers each one's, or `undefined` for none. */
export function fanOutEach (
  roster: Roster<Subscription>, pick: (subscription: Subscription) => Frame | undefined, overflow: Overflow | undefined, tally: Tally
): void {
  const { slots } = roster
  for (let i = 0, length = slots.length; i < length; i++) {
    const subscription = slots[i]
    if (subscription === undefined) continue
    const frame = pick(subscription)
    if (frame === undefined) continue
    if (subscription.connection.send(frame, overflow) === 'dropped') tally.dropped++
    else tally.delivered++
  }
}
