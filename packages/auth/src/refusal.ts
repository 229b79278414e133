/** Why a credential was not taken, as coarse as a client may know it. */
export type RefusalKind = 'missing' | 'invalid' | 'expired' | 'unavailable'

/** Thrown inside the package only; what leaves it is an HTTP answer, a close code or a failure. */
export class Refusal extends Error {
  readonly kind: RefusalKind
  /** For our own log: a word of ours or a library's error code, never anything that the client sent. */
  readonly why: string

  constructor (kind: RefusalKind, why: string) {
    super(`credential ${kind}`)
    this.kind = kind
    this.why = why
  }
}
