import { frameFor, hook, overflowOf } from './hooks.ts'
import type { HookFailed } from './hooks.ts'
import type { Outgoing } from './publication.ts'
import type { Answer, Read } from './recovery.ts'
import type { Subscription } from './subscription.ts'

/** The data of the reply: what was read, as far as this subscriber may see it. */
export function answerFor (subscription: Subscription, read: Read, failed: HookFailed): Answer {
  const { settings } = subscription.topic
  const publications = read.page?.seenBy(subscription, read.count, failed)
  return {
    ...(read.position !== undefined && settings.history && { position: read.position }),
    ...(read.recovered !== undefined && { recovered: read.recovered }),
    ...(publications !== undefined && { publications }),
    ...(read.more && { more: true })
  }
}

/** Sends what came while the history was read. */
export function sendNewer (subscription: Subscription, newer: readonly Outgoing[], failed: HookFailed): void {
  const { connection, topic } = subscription
  for (const outgoing of newer) {
    const frame = frameFor(subscription, outgoing, hook(outgoing, topic.settings, failed))
    if (frame !== undefined) connection.send(frame, topic.overflow ?? overflowOf(outgoing, topic.settings, failed))
  }
}
