import { value } from './metric.ts'
import type { Definition } from './metric.ts'
import { Tally } from './tally.ts'

/** What auth tells. Who it was about is not looked at. */
export interface AuthSource {
  on (event: 'refuse', listener: (reason: string, source: string | undefined) => void): unknown
  on (event: 'expire' | 'revoke' | 'refresh' | 'ticket', listener: () => void): unknown
}

export function authMetrics (auth: AuthSource): Definition[] {
  const refused = new Tally('reason', 'source')
  const counts = { expire: 0, revoke: 0, refresh: 0, ticket: 0 }
  auth.on('refuse', (reason, source) => refused.add(reason, source ?? 'none'))
  for (const name of Object.keys(counts) as Array<keyof typeof counts>) auth.on(name, () => { counts[name]++ })
  return [
    { name: 'credentials_refused_total', type: 'counter', help: 'Credentials and origins refused, by class of reason and by where the credential came from', labels: ['reason', 'source'], read: () => refused.samples() },
    { name: 'credentials_expired_total', type: 'counter', help: 'Connections ended because their credential did', read: value(() => counts.expire) },
    { name: 'credentials_revoked_total', type: 'counter', help: 'Connections ended because their credential was revoked', read: value(() => counts.revoke) },
    { name: 'credentials_refreshed_total', type: 'counter', help: 'Connections that brought a fresh credential', read: value(() => counts.refresh) },
    { name: 'tickets_issued_total', type: 'counter', help: 'Single-use tickets issued', read: value(() => counts.ticket) }
  ]
}
