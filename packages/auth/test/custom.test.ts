import t from 'tap'
import type { AuthOptions, Verified } from '../src/index.ts'
import { open, server } from './support/server.ts'
import { secret, token } from './support/tokens.ts'

const headers = (given: string) => ({ headers: { authorization: `Bearer ${given}` } })

void t.test('a verify of the app\'s own decides', async (t) => {
  const expiresAt = Date.now() + 60_000
  const answers: Record<string, Verified | null> = {
    ada: { principal: { id: 'ada' } },
    full: { principal: { id: 'ada' }, expiresAt, issuedAt: 5, tokenId: 'mine' },
    old: { principal: { id: 'ada' }, expiresAt: 1 },
    odd: { principal: { id: '' } },
    nan: { principal: { id: 'ada' }, expiresAt: NaN }
  }
  const { url, app } = await server(t, { verify: (given) => answers[given] ?? null, maxAge: 3_600_000 })
  t.equal((await open(url(), headers('ada'))).first?.principal, 'ada')
  const [first] = app.connectionPool
  t.ok(Math.abs(Number(app.realtimeAuth.expiresAt(first?.principal as { id: string })) - Date.now() - 3_600_000) < 5_000)
  t.equal((await open(url(), headers('full'))).status, 401, 'issued longer ago than any credential may be')
  answers['full'] = { principal: { id: 'ada' }, expiresAt, issuedAt: Date.now(), tokenId: 'mine' }
  const full = await open(url(), headers('full'))
  t.equal(full.first?.principal, 'ada')
  await app.realtimeAuth.revoke({ tokenId: 'mine' })
  t.equal((await full.closed).code, 4501)
  for (const [given, code] of [['nobody', 'FRT_ERR_UNAUTHENTICATED'], ['odd', 'FRT_ERR_UNAUTHENTICATED'], ['old', 'FRT_ERR_CREDENTIAL_EXPIRED'], ['nan', 'FRT_ERR_CREDENTIAL_EXPIRED']] as const) {
    const opened = await open(url(), headers(given))
    t.equal(opened.status, 401)
    t.match(JSON.parse(opened.body), { code }, given)
  }
})

void t.test('a verify or extract that fails or hangs is answered 503', async (t) => {
  for (const [options, seen] of [
    [{ verify: () => { throw new Error('away') } }, 'away'],
    [{ verify: async () => { throw new Error('away') } }, 'away'],
    [{ verify: () => new Promise(() => {}), timeout: 50 }, 'timeout'],
    [{ jwt: { secret }, extract: () => { throw new Error('away') } }, 'away'],
    [{ jwt: { secret }, extract: () => new Promise(() => {}), timeout: 50 }, 'timeout'],
    [{ jwt: { secret, principal: () => { throw new Error('away') } } }, 'away']
  ] as Array<[AuthOptions, string]>) {
    const { url, log } = await server(t, options)
    const opened = await open(url(), { ...headers(token()), protocols: ['realtime.v1.json'] })
    t.equal(opened.status, 503)
    t.match(JSON.parse(opened.body), { code: 'FRT_ERR_AUTH_UNAVAILABLE' })
    t.notMatch(opened.body, /away|timeout/)
    t.ok(log.some((line) => line.includes(seen)))
  }
})

void t.test('an extract of the app\'s own comes first and may leave it to the others', async (t) => {
  const { url } = await server(t, { jwt: { secret }, extract: async (request) => request.headers['x-token'] as string | undefined })
  t.equal((await open(url(), { headers: { 'x-token': token() } })).first?.principal, 'ada')
  t.equal((await open(url(), headers(token()))).first?.principal, 'ada')
  t.equal((await open(url(), { headers: { 'x-token': 'bad', authorization: `Bearer ${token()}` } })).status, 401)
})

void t.test('a credential from the future does not outrun a revocation or maxAge', async (t) => {
  const future = Date.now() + 86_400_000
  const { url, app } = await server(t, { verify: () => ({ principal: { id: 'ada' }, issuedAt: future }), maxAge: 60_000 })
  const opened = await open(url(), headers('ada'))
  const [connection] = app.connectionPool
  t.ok(Number(app.realtimeAuth.expiresAt(connection?.principal as { id: string })) <= Date.now() + 60_000)
  await app.realtimeAuth.revoke({ principal: 'ada', issuedBefore: Date.now() + 1 })
  t.equal((await opened.closed).code, 4501)
})

void t.test('a verify that quotes the token in its error does not bring it into the log', async (t) => {
  const thrown: Record<string, unknown> = {
    'CANARY/one': Object.assign(new TypeError('no such token: CANARY/one in /introspect?token=CANARY%2Fone'), { code: 'ODD', token: 'CANARY/one' }),
    CANARY: 'CANARY'
  }
  const { url, log } = await server(t, { verify: (given) => { throw thrown[given] } })
  for (const given of Object.keys(thrown)) t.equal((await open(url(), headers(given))).status, 503)
  t.notMatch(log.join(''), /CANARY/)
  t.match(log.join(''), /no such token: redacted in .introspect.token=redacted.*custom\.test/)
  t.match(log.join(''), /"code":"ODD"/)
})
