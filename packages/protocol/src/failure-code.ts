/** The codes of a `failure` envelope. */
export type FailureCode =
  | 'bad-message' | 'unknown-type' | 'invalid-data' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict'
  | 'rate-limited' | 'too-large' | 'timeout' | 'unavailable' | 'internal'

/** Every code, with whether the same message may work later unless the failure says otherwise. */
export const retryByCode: Readonly<Record<FailureCode, boolean>> = {
  'bad-message': false,
  'unknown-type': false,
  'invalid-data': false,
  unauthenticated: false,
  forbidden: false,
  'not-found': false,
  conflict: false,
  'rate-limited': true,
  'too-large': false,
  timeout: true,
  unavailable: true,
  internal: false
}

/** Whether `value` is one of the codes of a `failure`. */
export function isFailureCode (value: unknown): value is FailureCode {
  return typeof value === 'string' && Object.hasOwn(retryByCode, value)
}
