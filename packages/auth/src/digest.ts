import { hash } from 'node:crypto'

/** A name for a text that does not show it. */
export function digest (text: string): string {
  return hash('sha256', text, 'base64url')
}
