import type { Principal } from '@fastify-realtime/protocol'
import type { Connection } from '@fastify-realtime/connection-pool'
import type { PresenceOptions, SeeQuestion } from './options.ts'

/** The part of the broadcast plugin that answers for its policy. */
export interface PolicyHost {
  can (principal: Principal | null, action: 'presence', topic: string, connection?: Connection, token?: unknown): Promise<boolean>
}

export type CanSee = (question: SeeQuestion) => Promise<boolean>

/** Every policy that is there must allow it; without any, nobody may. */
export function policy (own: PresenceOptions['canSee'], host: PolicyHost | undefined): CanSee {
  return async (question) => {
    const { principal, topic, connection, token } = question
    if (own === undefined && host === undefined) return false
    if (own !== undefined && await own(question) !== true) return false
    return host === undefined || await host.can(principal, 'presence', topic, connection, token)
  }
}
