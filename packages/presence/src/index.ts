import type { Presence } from './presence.ts'

export {
  PresenceAnonymousError, PresenceForbiddenError, PresenceLimitError, PresenceOptionError, PresenceTopicError
} from './errors.ts'
export type { InfoQuestion, PresenceOptions, SeeQuestion } from './options.ts'
export { presence, presence as default } from './plugin.ts'
export type { Presence, PresenceGauges, TopicMembers } from './presence.ts'

declare module 'fastify' {
  interface FastifyInstance {
    presence: Presence
  }
}
