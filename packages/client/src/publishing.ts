import type { RequestOptions } from './requests.ts'

export interface PublishOptions extends Omit<RequestOptions, 'resend'> {
  /** Idempotency id: the same one on the same topic publishes once. Default: a random one, so that resending is safe. */
  readonly id?: string
}

/** 128 random bits; unlike `randomUUID` this works on pages without TLS, too. */
export function randomId (): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
