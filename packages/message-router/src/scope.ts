import { checkOptionNames } from '@fastify-realtime/protocol'
import type { FastifyInstance } from 'fastify'
import { checkHooks, hooksOf, refuse } from './checks.ts'
import type { MessageHook, MessageHooks } from './message-hook.ts'

/** Register options that hold for every message route of a scope and of the scopes inside it. */
export interface ScopeOptions {
  /** Hooks before those of the routes; those of outer scopes run first. Default: none. */
  readonly messageHooks?: { readonly preValidation?: MessageHooks, readonly preHandler?: MessageHooks }
  /** Put before each message type, after the prefixes of outer scopes. Default: `''`. */
  readonly messagePrefix?: string
}

export interface Scope {
  readonly prefix: string
  readonly preValidation: readonly MessageHook[]
  readonly preHandler: readonly MessageHook[]
}

/** A scope that adds nothing. */
export const nothing: Scope = Object.freeze({ prefix: '', preValidation: Object.freeze([]), preHandler: Object.freeze([]) })

/** What each Fastify scope adds to its message routes. Only scopes that add something are kept. */
export class Scopes {
  readonly #scopes = new WeakMap<object, Scope>()

  /** @throws {FRT_ERR_MESSAGE_OPTION} */
  add (instance: FastifyInstance, options: ScopeOptions): void {
    const { messageHooks, messagePrefix } = options
    if (messageHooks === undefined && messagePrefix === undefined) return
    this.#scopes.set(instance, extend(this.of(instance), messageHooks, messagePrefix))
  }

  /** A Fastify scope has the instance around it as its prototype. */
  of (instance: FastifyInstance): Scope {
    for (let at: object | null = instance; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      const scope = this.#scopes.get(at)
      if (scope !== undefined) return scope
    }
    return nothing
  }
}

function extend (outer: Scope, hooks: unknown = {}, prefix: unknown = ''): Scope {
  const where = 'register options'
  if (typeof prefix !== 'string') refuse(where, 'messagePrefix', 'a string', prefix)
  if (typeof hooks !== 'object' || hooks === null) refuse(where, 'messageHooks', 'an object with preValidation and preHandler', hooks)
  checkOptionNames(`${where}: messageHooks`, hooks as NonNullable<ScopeOptions['messageHooks']>, { preValidation: true, preHandler: true })
  const { preValidation, preHandler } = hooks as NonNullable<ScopeOptions['messageHooks']>
  checkHooks(where, 'messageHooks.preValidation', preValidation)
  checkHooks(where, 'messageHooks.preHandler', preHandler)
  return Object.freeze({
    prefix: outer.prefix + prefix,
    preValidation: [...outer.preValidation, ...hooksOf(preValidation)],
    preHandler: [...outer.preHandler, ...hooksOf(preHandler)]
  })
}
