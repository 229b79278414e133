import type { ClientEnvelope } from './envelope.ts'
import { messageFailure } from './message-failure.ts'

const builtIn: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe', 'history', 'publish', 'presence', 'reply', 'failure'])
const encoder = new TextEncoder()

/** Whether the message type belongs to fastify-realtime, so that an app may not define it. */
export function isReservedType (type: string): boolean {
  return builtIn.has(type) || type.startsWith('auth.') || type.startsWith('realtime.')
}

/** Whether the value is an id: a string of 1–64 bytes. */
export function isId (value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64 &&
    (value.length <= 21 || encoder.encode(value).length <= 64)
}

/**
 * Reads a decoded frame as an envelope from a client.
 * @throws {MessageFailure} `bad-message` when it is no object, has no string `type`, or a bad `id`
 */
export function readMessage (value: unknown): ClientEnvelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw messageFailure('bad-message', 'expected an object')
  const { type, id } = value as Record<string, unknown>
  if (typeof type !== 'string' || type === '') throw messageFailure('bad-message', 'expected type to be a string')
  if (id !== undefined && !isId(id)) throw messageFailure('bad-message', 'expected id to be a string of 1 to 64 bytes')
  return value as ClientEnvelope
}
