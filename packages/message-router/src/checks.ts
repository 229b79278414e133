import { inspect } from 'node:util'
import { checkOptionNames, isReservedType } from '@fastify-realtime/protocol'
import { InvalidOptionError, ReservedMessageError } from './errors.ts'
import type { MessageHook, MessageHooks } from './message-hook.ts'
import type { MessageSchema } from './schema-types.ts'

/** Beyond it a Node timer fires at once. */
const longestTimer = 2_147_483_647
/** Bytes. */
const longestType = 128
/** What the schema of an HTTP route has, and where it belongs in that of a message. */
const ofHttp = new Map([['body', 'data'], ['querystring', 'data'], ['query', 'data'], ['params', 'data'], ['headers', 'data'], ['response', 'reply']])

export function refuse (where: string, name: string, expected: string, came: unknown): never {
  throw new InvalidOptionError(where, `${name} must be ${expected}, but it is ${inspect(came, { depth: 0 })}`)
}

/**
 * @throws {FRT_ERR_MESSAGE_OPTION} for what is no type
 * @throws {FRT_ERR_MESSAGE_RESERVED} for a type of the protocol
 */
export function checkType (type: unknown, builtIn: boolean): void {
  if (typeof type !== 'string' || type === '' || Buffer.byteLength(type) > longestType) {
    refuse('message', 'type', `a string of 1 to ${longestType} bytes`, type)
  }
  if (!builtIn && isReservedType(type)) throw new ReservedMessageError(type)
}

/** Accepts milliseconds that a timer can hold. */
export function checkMilliseconds (where: string, name: string, value: unknown, orFalse: string = ''): void {
  if (typeof value !== 'number' || !(value >= 1 && value <= longestTimer)) {
    refuse(where, name, `milliseconds from 1 to ${longestTimer}${orFalse}`, value)
  }
}

export function checkTimeout (where: string, value: unknown): void {
  if (value !== false) checkMilliseconds(where, 'timeout', value, ', or false')
}

/** Under a name that a reader of HTTP routes expects, a schema would check nothing. */
export function checkSchema (where: string, schema: MessageSchema): void {
  if (typeof schema !== 'object' || schema === null) refuse(where, 'schema', 'an object with data and reply', schema)
  for (const name of Object.keys(schema)) {
    const meant = ofHttp.get(name)
    if (meant !== undefined) throw new InvalidOptionError(where, `schema.${name} is of HTTP routes: the schema of a message has data and reply, and this belongs in ${meant}`)
  }
  checkOptionNames(`${where} schema`, schema, { data: true, reply: true })
}

export function checkHooks (where: string, name: string, hooks: unknown): void {
  if (hooks === undefined) return
  const list: unknown[] = Array.isArray(hooks) ? hooks : [hooks]
  for (const hook of list) {
    if (typeof hook !== 'function') refuse(where, name, 'a function or a list of functions', hook)
  }
}

/** Call only with hooks that were checked. */
export function hooksOf (hooks: MessageHooks | undefined): readonly MessageHook[] {
  return Object.freeze((hooks === undefined ? [] : [hooks].flat()) as MessageHook[])
}
