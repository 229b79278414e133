/** A frame that breaks the grammar or a limit. The message is safe to send back. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
