import { isPattern, isTopic, matchesPattern } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import { maxTokenBytes } from './credential.ts'
import type { Grant } from './grant.ts'
import { issueTime } from './jwt.ts'
import type { ReadToken, TokenReader } from './jwt.ts'
import { Refusal } from './refusal.ts'
import type { LastingAction } from './topic-leases.ts'

/** What a signed topic token says: this principal may do this with these topics. */
export interface TopicGrant extends Omit<Grant, 'principal'> {
  /** The principal's id; the token is worth nothing to anybody else. */
  readonly principal: string
  /** Topics, or patterns with `*` as last level. */
  readonly topics: readonly string[]
  readonly rights: readonly string[]
}

/** Who reads topic tokens: `app.realtimeAuth`. */
export interface TopicTokens {
  /** `undefined` when the token does not hold. */
  readTopicToken (token: string): Promise<TopicGrant | undefined>
  /** Lets the subscription, or the watch of who is present, end with the token that allowed it; `false` when it cannot. */
  holdTopic? (connection: object, topic: string, grant: TopicGrant, action: LastingAction): boolean
}

/** The header's `typ`. A credential never has it, so neither can be used in the other's place. */
export const topicTokenType = 'topic+jwt'

const maxTopics = 100

/** @throws {Refusal} unless the token is a topic token that holds now. */
export async function readTopicGrant (token: string, read: TokenReader, now: number): Promise<TopicGrant> {
  if (Buffer.byteLength(token) > maxTokenBytes) throw new Refusal('invalid', 'length')
  const { type, claims, tokenId }: ReadToken = await read(token)
  const { sub, topics, rights = ['subscribe'], exp } = claims
  if (type !== topicTokenType || typeof sub !== 'string' || sub === '') throw new Refusal('invalid', 'topic token')
  if (!isNames(topics) || !isNames(rights) || !topics.every((topic) => isTopic(topic) || isPattern(topic))) {
    throw new Refusal('invalid', 'topic token')
  }
  return { principal: sub, topics, rights, tokenId, issuedAt: issueTime(claims, now, 0), expiresAt: exp * 1_000 }
}

function isNames (value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= maxTopics && value.every((name) => typeof name === 'string')
}

export interface TokenQuestion {
  readonly principal: Principal | null
  readonly topic: string
  readonly connection?: object
  readonly token?: unknown
}

/** Whether the token that came with the question allows what is asked. */
export async function allowsByToken (tokens: TopicTokens, action: string, question: TokenQuestion): Promise<boolean> {
  const { principal, topic, connection, token } = question
  if (typeof token !== 'string' || principal === null) return false
  const grant = await tokens.readTopicToken(token)
  const allowed = grant !== undefined && grant.principal === principal.id && grant.rights.includes(action) &&
    grant.topics.some((granted) => matchesPattern(granted, topic))
  if (!allowed || connection === undefined || (action !== 'subscribe' && action !== 'presence')) return allowed
  return tokens.holdTopic?.(connection, topic, grant, action) ?? true
}
