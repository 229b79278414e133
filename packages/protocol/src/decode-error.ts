/** One process may load several copies of this package; they know each other's errors by this symbol. */
const brand: unique symbol = Symbol.for('fastify-realtime.decode-error') as never

/** A frame that breaks the grammar or a limit. The message holds nothing of the frame, so it is safe to send back. */
export class DecodeError extends Error {
  override readonly name: string = 'DecodeError'

  constructor (message: string) {
    super(message)
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Whether a thrown value is a `DecodeError`, of this copy of the package or another one. */
export function isDecodeError (value: unknown): value is DecodeError {
  return typeof value === 'object' && value !== null && (value as { readonly [brand]?: unknown })[brand] === true
}
