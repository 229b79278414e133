import { byteLength } from './byte-length.ts'
import type { Failure, Message, Reply } from './envelope.ts'
import { MessageFailure } from './message-failure.ts'

const maxIdBytes = 64

/** Whether `value` is an id: a string of 1–64 bytes of UTF-8. */
export function isId (value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdBytes && byteLength(value) <= maxIdBytes
}

/**
 * Checks the shape of what a codec decoded, and answers it unchanged. Unknown fields are left alone.
 * @throws {MessageFailure} `bad-message` when it is not an object with a string `type` and, if there is one, a valid `id`.
 */
export function readMessage (value: unknown): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('expected an object')
  const { type, id } = value as { type?: unknown, id?: unknown }
  if (typeof type !== 'string') throw bad('expected type to be a string')
  if (id !== undefined && !isId(id)) throw bad('expected id to be a string of 1 to 64 bytes')
  if ((type === 'reply' || type === 'failure') && id === undefined) throw bad(`expected a ${type} to carry an id`)
  return value as Message
}

/** Whether a message answers a request of the server with data. */
export function isReply (message: Message): message is Message & Reply {
  return message.type === 'reply'
}

/** Whether a message answers a request of the server with a failure; its code and message are whatever the client sent. */
export function isFailure (message: Message): message is Message & Partial<Failure> & { readonly type: 'failure', readonly id: string } {
  return message.type === 'failure'
}

function bad (message: string): MessageFailure {
  return new MessageFailure('bad-message', message)
}
