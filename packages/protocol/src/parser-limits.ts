import { DecodeError } from './decode-error.ts'

export interface ParserLimits {
  /** How deep arrays and objects may nest, the envelope included. Default 32. */
  readonly maxDepth: number
  /** How many object keys and array elements a frame may hold. Default 1,000. */
  readonly maxKeys: number
}

export const defaultParserLimits: ParserLimits = Object.freeze({ maxDepth: 32, maxKeys: 1_000 })

/** Throws when the value breaks a limit or carries a key that could reach a prototype. */
export function checkLimits (value: unknown, limits: ParserLimits): void {
  if (typeof value === 'object' && value !== null) count(value, limits, 1, 0)
}

function count (value: object, limits: ParserLimits, depth: number, keys: number): number {
  if (depth > limits.maxDepth) throw new DecodeError(`expected at most ${limits.maxDepth} levels of nesting`)
  let total = keys
  for (const key in value) {
    if (++total > limits.maxKeys) throw new DecodeError(`expected at most ${limits.maxKeys} keys`)
    const child = (value as Record<string, unknown>)[key]
    if (key === '__proto__' || (key === 'constructor' && reachesPrototype(child))) {
      throw new DecodeError(`the key ${key} is not allowed`)
    }
    if (typeof child === 'object' && child !== null) total = count(child, limits, depth + 1, total)
  }
  return total
}

function reachesPrototype (value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
