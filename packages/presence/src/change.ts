import type { PresenceMember } from '@fastify-realtime/protocol'

/** One change of a topic's members, as nodes tell it to each other. */
export interface Change {
  readonly kind: 'joined' | 'left'
  readonly member: PresenceMember
  /** The version of the topic with this change. */
  readonly version: number
  /** The version before it, 0 when the topic was empty; absent when the broker's store does not tell. */
  readonly previous?: number
}

/** The payload of a record on the presence channel. */
export function encodeChange (change: Change): string {
  return JSON.stringify(change)
}

/** `undefined` for what this version of the package does not understand. */
export function decodeChange (payload: string | Uint8Array): Change | undefined {
  const value: unknown = typeof payload === 'string' ? parse(payload) : undefined
  return isChange(value) ? value : undefined
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isChange (value: unknown): value is Change {
  if (typeof value !== 'object' || value === null) return false
  const { kind, member, version, previous } = value as { [Key in keyof Change]?: unknown }
  return (kind === 'joined' || kind === 'left') && typeof version === 'number' &&
    (previous === undefined || typeof previous === 'number') &&
    typeof member === 'object' && member !== null && 'principal' in member && typeof member.principal === 'string'
}
