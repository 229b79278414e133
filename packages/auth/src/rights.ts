import type { Principal } from '@fastify-realtime/protocol'
import { AuthOptionError } from './errors.ts'

/** What a principal must have. */
export interface Rights {
  /** One of these roles: in the principal's `role` or `roles`. */
  readonly role?: string | readonly string[]
  /** All of these scopes: in the principal's `scope` (split by spaces) or `scopes`. */
  readonly scope?: string | readonly string[]
}

/**
 * What is misspelt would ask for nothing, and so let everybody in.
 * @throws {AuthOptionError} unless it is an object with these fields only, whose roles and scopes are text.
 */
export function checkNames (option: string, rights: unknown, known: readonly string[]): void {
  const fields = typeof rights === 'object' && rights !== null ? Object.entries(rights) : [[typeof rights, rights] as const]
  for (const [name, value] of fields) {
    const isText = (name !== 'role' && name !== 'scope') || value === undefined || isNames(value)
    if (known.includes(name) && isText) continue
    throw new AuthOptionError(option, `an object with ${known.join(', ')}`, isText ? `"${name}"` : `a "${name}" of another kind`,
      'role and scope are a text or a list of texts')
  }
}

function isNames (value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'))
}

export function hasRights (principal: Principal, { role, scope }: Rights): boolean {
  if (role !== undefined && !list(role).some((name) => rolesOf(principal).has(name))) return false
  return scope === undefined || list(scope).every((name) => scopesOf(principal).has(name))
}

function rolesOf (principal: Principal & { readonly role?: unknown, readonly roles?: unknown }): ReadonlySet<unknown> {
  return new Set([principal.role, ...named(principal.roles)])
}

function scopesOf (principal: Principal & { readonly scope?: unknown, readonly scopes?: unknown }): ReadonlySet<unknown> {
  const { scope, scopes } = principal
  return new Set([...typeof scope === 'string' ? scope.split(' ') : named(scope), ...named(scopes)])
}

function list (names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names
}

function named (value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
