import { isPattern, topicUser } from '@fastify-realtime/protocol'
import type { Action, Policy, PolicyQuestion } from './contract.ts'
import { isUsable } from './topic-rules.ts'
import type { TopicRules } from './topic-rules.ts'

/** What may be asked of a principal's own `user:` topic without asking the application. */
const own: ReadonlySet<Action> = new Set<Action>(['subscribe', 'history'])

/**
 * Answers who may do what: denied unless a policy of the application says exactly `true`. A `user:` topic belongs to
 * its principal: subscribing to it and reading it is for nobody else, whatever the policies say.
 */
export class Permissions {
  readonly #policies: Readonly<Partial<Record<Action, Policy>>>
  readonly #rules: TopicRules

  constructor (policies: Readonly<Partial<Record<Action, Policy>>>, rules: TopicRules) {
    this.#policies = policies
    this.#rules = rules
  }

  /** At once unless a policy takes its time: a promise for each subscribe of a storm of connections would outlive it. */
  can (action: Action, question: PolicyQuestion): boolean | Promise<boolean> {
    const { principal, topic } = question
    if (!this.#known(action, topic)) return false
    if (own.has(action) && isPersonal(topic)) return principal !== null && topicUser(topic) === principal.id
    const policy = this.#policies[action]
    if (policy === undefined) return false
    const answer = policy(question)
    return typeof answer === 'boolean' ? answer : isYes(answer)
  }

  #known (action: Action, topic: string): boolean {
    if (isUsable(topic)) return this.#rules.of(topic) !== undefined
    return action === 'subscribe' && isPattern(topic) && this.#rules.subscribable(topic) !== undefined
  }
}

async function isYes (answer: unknown): Promise<boolean> {
  return await answer === true
}

function isPersonal (topic: string): boolean {
  return topic.startsWith('user:')
}
