import type { BroadcastOptions } from '@fastify-realtime/broadcast'
import { userTopic, type Principal } from '@fastify-realtime/protocol'

declare module '@fastify-realtime/protocol' {
  interface Principal {
    readonly role?: 'operator'
  }
}

const open = /^(room|typing|price):/

/** Who may read what, over the socket and over HTTP alike. Clients never publish directly: they send messages. */
export const policy: Pick<BroadcastOptions, 'canSubscribe' | 'canReadHistory' | 'canSeePresence'> = {
  canSubscribe: mayRead,
  canReadHistory: mayRead,
  canSeePresence: mayRead
}

function mayRead ({ principal, topic }: { principal: Principal | null, topic: string }): boolean {
  if (principal === null) return false
  if (topic === 'orders') return principal.role === 'operator'
  return open.test(topic) || topic === userTopic(principal.id)
}
