import { matchesPattern, systemClock } from '@fastify-realtime/protocol'
import type { Clock, Principal } from '@fastify-realtime/protocol'
import { withDeadline } from './deadline.ts'
import { AuthOptionError, PolicyTimeoutError } from './errors.ts'
import { checkNames, hasRights } from './rights.ts'
import type { Rights } from './rights.ts'
import { allowsByToken } from './topic-token.ts'
import type { TopicTokens } from './topic-token.ts'
import { TopicRule, liesWithin } from './topic-rule.ts'

export type TopicAction = 'subscribe' | 'publish' | 'history' | 'presence'

/** What a policy is asked. */
export interface TopicQuestion {
  readonly principal: Principal | null
  readonly topic: string
  /** The connection that asks; absent when an HTTP route asks. */
  readonly connection?: object
  /** A topic token that came with the message. */
  readonly token?: unknown
}

/** Roles and scopes that the principal needs, and a question of your own; all that is given must hold. */
export interface Condition extends Rights {
  /** Also without a principal. Default false. */
  readonly anonymous?: boolean
  readonly when?: (question: TopicQuestion) => boolean | Promise<boolean>
}

/** `true`: any principal. A list: one of them is enough. */
export type Permission = boolean | Condition | readonly Condition[]

/** What is not named is denied. */
export type TopicRules = { readonly [Action in TopicAction]?: Permission }

export interface RulesOptions {
  /** `app.realtimeAuth`: topics that no rule allows may be allowed by a signed topic token. Default: none. */
  readonly topicTokens?: TopicTokens
  /** How long a `when` may take, in milliseconds; then it is a `timeout`, and nothing is allowed. Default 2_000. */
  readonly timeout?: number
  readonly clock?: Clock
}

export type TopicPolicy = (question: TopicQuestion) => boolean | Promise<boolean>

/** Ready to spread into the options of broadcast. */
export interface Policies {
  readonly canSubscribe: TopicPolicy
  readonly canPublish: TopicPolicy
  readonly canReadHistory: TopicPolicy
  readonly canSeePresence: TopicPolicy
}

const actions: readonly TopicAction[] = ['subscribe', 'publish', 'history', 'presence']
const policyTimeout = 2_000

interface CompiledRule {
  readonly rule: TopicRule
  readonly permissions: ReadonlyMap<TopicAction, readonly Condition[]>
}

/**
 * Policies from a table of topics. The most specific key that fits a topic decides alone: a topic before a placeholder,
 * a placeholder before `*`. What no key fits is denied.
 * @throws {AuthOptionError}
 */
export function rules (table: Readonly<Record<string, TopicRules>>, options: RulesOptions = {}): Policies {
  const { timeout = policyTimeout, clock = systemClock, topicTokens } = options
  const compiled = Object.entries(table).map(([key, permissions]) => compile(key, permissions))
    .sort((a, b) => a.rule.rank < b.rule.rank ? -1 : 1)

  function policy (action: TopicAction): TopicPolicy {
    return (question) => {
      const answer = decide(compiled, action, question)
      if (answer === true) return true
      if (answer === false && (topicTokens === undefined || question.token === undefined)) return false
      const work = async (): Promise<boolean> =>
        await answer || (topicTokens !== undefined && await allowsByToken(topicTokens, action, question))
      return withDeadline(work(), timeout, clock, () => new PolicyTimeoutError())
    }
  }
  return Object.freeze({
    canSubscribe: policy('subscribe'),
    canPublish: policy('publish'),
    canReadHistory: policy('history'),
    canSeePresence: policy('presence')
  })
}

function compile (key: string, table: TopicRules): CompiledRule {
  const permissions = new Map<TopicAction, readonly Condition[]>()
  for (const [name, permission] of Object.entries(table)) {
    const action = actions.find((known) => known === name)
    if (action === undefined) {
      throw new AuthOptionError(`rules["${key}"]`, actions.join(', '), `"${name}"`, 'Name only these; what is not named is denied')
    }
    permissions.set(action, conditions(`rules["${key}"].${action}`, permission))
  }
  return { rule: new TopicRule(key), permissions }
}

function conditions (option: string, permission: Permission | undefined): readonly Condition[] {
  if (permission === true) return [{}]
  if (permission === false || permission === undefined) return []
  const list: readonly Condition[] = Array.isArray(permission) ? permission : [permission as Condition]
  for (const condition of list) {
    checkNames(option, condition, ['role', 'scope', 'anonymous', 'when'])
    if (condition.when !== undefined && typeof condition.when !== 'function') {
      throw new AuthOptionError(`${option}.when`, 'a function', typeof condition.when, 'It gets { principal, topic, connection }')
    }
  }
  return list
}

function decide (compiled: readonly CompiledRule[], action: TopicAction, question: TopicQuestion): boolean | Promise<boolean> {
  const { principal, topic } = question
  let decider: CompiledRule | undefined
  const within: CompiledRule[] = []
  for (const candidate of compiled) {
    const key = candidate.rule.expand(principal)
    if (key === undefined) continue
    if (matchesPattern(key, topic)) {
      decider = candidate
      break
    }
    if (liesWithin(key, topic)) within.push(candidate)
  }
  if (decider === undefined) return false
  // Who asks for a whole pattern needs the consent of every rule that has a say in a part of it.
  return every([decider, ...within], (rule) => some(rule.permissions.get(action) ?? [], (one) => holds(one, question)))
}

function holds (condition: Condition, question: TopicQuestion): boolean | Promise<boolean> {
  const { principal } = question
  if (principal === null ? condition.anonymous !== true : !hasRights(principal, condition)) return false
  return condition.when === undefined || condition.when(question)
}

type Answer = boolean | Promise<boolean>

/** As `Array.some`, and a promise only when one of the answers is one. */
function some<Item> (items: readonly Item[], ask: (item: Item) => Answer): Answer {
  for (const [index, item] of items.entries()) {
    const answer = ask(item)
    if (answer === true) return true
    if (typeof answer === 'object') return answer.then((yes) => yes === true || some(items.slice(index + 1), ask))
  }
  return false
}

function every<Item> (items: readonly Item[], ask: (item: Item) => Answer): Answer {
  const denied = some(items, (item) => not(ask(item)))
  return not(denied)
}

function not (answer: Answer): Answer {
  return typeof answer === 'object' ? answer.then((yes) => yes !== true) : answer !== true
}
