import type { RequestOptions } from './requests.ts'

export interface PublishOptions extends Omit<RequestOptions, 'resend'> {
  /** Idempotency id: the same one on the same topic publishes once. Default: a random one, so that resending is safe. */
  readonly id?: string
}

/** 128 random bits; unlike `randomUUID` this works on pages without TLS, too. */
export function randomId (): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
