/** The codes of a `failure` envelope. */
export type FailureCode =
  | 'bad-message' | 'unknown-type' | 'invalid-data' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict'
  | 'rate-limited' | 'too-large' | 'timeout' | 'unavailable' | 'internal'
