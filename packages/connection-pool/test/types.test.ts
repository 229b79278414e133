import t from 'tap'
import type { Connection, ConnectionPoolOptions, Endpoint, RealtimeRouteConfig } from '../src/index.ts'

declare module '../src/index.ts' {
  interface ConnectionData { nickname?: string }
  interface RealtimeRouteConfig { extra?: { readonly interval: number } }
}

t.test('data and route options are typed by merging', async (t) => {
  const write = (connection: Connection): string | undefined => connection.data.nickname
  const wrong = (connection: Connection): void => {
    // @ts-expect-error nobody declared it
    void connection.data.unknown
  }
  const config: RealtimeRouteConfig = { extra: { interval: 1 }, maxErrors: false }
  // @ts-expect-error off is `false`
  const off: ConnectionPoolOptions = { maxErrors: null }
  const endpoint = (one: Endpoint): [string, boolean, boolean] => [one.url, one.raw, one.anonymous]
  t.ok([write, wrong, config, off, endpoint].every(Boolean))
})
