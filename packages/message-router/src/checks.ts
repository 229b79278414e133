import { inspect } from 'node:util'
import { isReservedType } from '@fastify-realtime/protocol'
import { InvalidOptionError, ReservedMessageError } from './errors.ts'
import type { MessageHook, MessageHooks } from './message-hook.ts'

/** Beyond it a Node timer fires at once. */
const longestTimer = 2_147_483_647
/** Bytes. */
const longestType = 128

export function refuse (where: string, name: string, expected: string, came: unknown): never {
  throw new InvalidOptionError(where, `${name} must be ${expected}, but it is ${inspect(came, { depth: 0 })}`)
}

/** A misspelt hook must not be a hook that never runs. */
export function checkNames (where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined) throw new InvalidOptionError(where, `there is no option "${unknown}", only ${known.join(', ')}`)
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
