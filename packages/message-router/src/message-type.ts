import { isReservedType } from '@fastify-realtime/protocol'
import { refuse } from './checks.ts'
import { ReservedMessageError } from './errors.ts'

const longest = 128

/**
 * @throws {FRT_ERR_MESSAGE_OPTION} for what is no type
 * @throws {FRT_ERR_MESSAGE_RESERVED} for a type of the protocol
 */
export function checkType (type: unknown, builtIn: boolean): void {
  if (typeof type !== 'string' || type === '' || Buffer.byteLength(type) > longest) {
    refuse('message', 'type', `a string of 1 to ${longest} bytes`, type)
  }
  if (!builtIn && isReservedType(type)) throw new ReservedMessageError(type)
}
