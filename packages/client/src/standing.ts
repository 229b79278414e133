import type { RealtimeError } from './errors.ts'

/** What is asked for anew on every connection. */
export interface Standing {
  /** There is a connection. */
  open (connection: string): void
  /** The connection is gone. */
  pause (): void
  /** The client is closed: with an error the server did that, without one the application. */
  end (error?: RealtimeError): void
}
