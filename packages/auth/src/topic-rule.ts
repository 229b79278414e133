import { isPattern, isTopic, matchesPattern } from '@fastify-realtime/protocol'
import type { Principal } from '@fastify-realtime/protocol'
import { AuthOptionError } from './errors.ts'
import { encodeLevel } from './topic-level.ts'

const placeholder = /\{principal(?:\.([A-Za-z_]\w*))?\}/g

/**
 * The key of a rule: a topic, or a pattern that ends with `*`. `{principal}` stands for the asking principal's id and
 * `{principal.tenant}` for its field `tenant`, percent-encoded, so that no id can climb into another level.
 */
export class TopicRule {
  readonly key: string
  /** Sorts before what is less specific. */
  readonly rank: string
  readonly #personal: boolean

  /** @throws {AuthOptionError} */
  constructor (key: string) {
    const sample = key.replace(placeholder, 'x')
    if (!isTopic(sample) && !isPattern(sample)) {
      throw new AuthOptionError('rules', 'topics or patterns such as room:*, user:{principal}', JSON.stringify(key),
        'Levels split by ":", "*" only as the last one, {principal} or {principal.field} for what the principal says')
    }
    this.key = key
    this.#personal = sample !== key
    // Level by level: a word comes before a placeholder, that before "*", and the longer key before its beginning.
    this.rank = key.split(':').map((level) => level === '*' ? '2' : level.includes('{') ? '1' : '0').join('') + '3'
  }

  /** What the key means for this principal; `undefined` when it has not got what the key asks for. */
  expand (principal: Principal | null): string | undefined {
    if (!this.#personal) return this.key
    if (principal === null) return undefined
    let complete = true
    const fields = principal as object as Readonly<Record<string, unknown>>
    const expanded = this.key.replace(placeholder, (_, field = 'id') => {
      const value = Object.hasOwn(fields, field) ? fields[field] : undefined
      const level = typeof value === 'string' ? encodeLevel(value) : undefined
      complete &&= level !== undefined
      return level ?? ''
    })
    return complete ? expanded : undefined
  }
}

/** Whether a rule for `key` has a say about a part of the pattern that is asked for. */
export function liesWithin (key: string, pattern: string): boolean {
  return isPattern(pattern) && key !== pattern && matchesPattern(pattern, key)
}
