import { isTopic } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import { PresenceForbiddenError, PresenceTopicError } from './errors.ts'
import type { CanSee } from './policy.ts'
import type { TopicMembers } from './presence.ts'
import type { PresenceNode } from './presence-node.ts'

/** What of a message's context the built-in `presence` needs. */
export interface PresenceMessage {
  readonly data: unknown
  readonly connection: Connection
  readonly principal: Principal | null
  /** Sends the reply at once, ahead of what changes after it. */
  readonly reply: (members: TopicMembers) => unknown
}

/** The part of the message router that takes built-in messages. */
export type MessageHost =
  (type: string, options: { readonly builtIn: true }, handler: (message: PresenceMessage) => Promise<unknown>) => void

/** Answers `presence { topic }` with who is there and starts to tell what changes; `watch: false` ends that. */
export function presenceMessage (
  node: Pick<PresenceNode, 'watchWith' | 'unwatch'>, canSee: CanSee
): (message: PresenceMessage) => Promise<unknown> {
  return async ({ data, connection, principal, reply }) => {
    const { topic, watch, token } = readData(data)
    if (!watch) {
      node.unwatch(connection, topic)
      return undefined
    }
    if (!await canSee({ principal, topic, connection, ...token !== undefined && { token } })) throw new PresenceForbiddenError()
    let answer: unknown
    await node.watchWith(connection, topic, (members) => { answer = reply(members) })
    return answer
  }
}

function readData (data: unknown): { topic: string, watch: boolean, token: unknown } {
  const { topic, watch, token } = (typeof data === 'object' && data !== null ? data : {}) as { topic?: unknown, watch?: unknown, token?: unknown }
  if (!isTopic(topic) || (watch !== undefined && typeof watch !== 'boolean')) throw new PresenceTopicError()
  return { topic, watch: watch ?? true, token }
}
