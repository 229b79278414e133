import t from 'tap'
import { fakeIssuer } from '../examples/oidc/issuer.ts'
import { oidcServer } from '../examples/oidc/server.ts'
import { open } from './support/server.ts'

/** As much of a browser as the flow needs: it keeps cookies and follows where it is told to. */
function browser () {
  const jar = new Map<string, string>()
  const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  async function go (url: string, method = 'GET'): Promise<Response> {
    const response = await fetch(url, { method, redirect: 'manual', headers: { cookie: cookie(), origin: new URL(url).origin } })
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ')
      const name = pair.slice(0, pair.indexOf('='))
      if (attributes.some((attribute) => /^Expires=Thu, 01 Jan 1970/i.test(attribute))) jar.delete(name)
      else jar.set(name, pair.slice(pair.indexOf('=') + 1))
    }
    const next = response.headers.get('location')
    return next === null ? response : go(new URL(next, url).href)
  }
  return { go, cookie }
}

const client = { clientId: 'chat', clientSecret: 'not so secret' }

void t.test('a login at the issuer reaches the socket, and ends with the logout', async (t) => {
  const issuer = await fakeIssuer({ ...client, subject: 'ada' })
  const app = await oidcServer({ ...client, issuer: issuer.url })
  t.teardown(async () => { await app.close(); await issuer.close() })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const base = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`
  const ws = `${base.replace('http', 'ws')}/ws`
  const { go, cookie } = browser()

  t.equal((await go(base)).status, 401)
  t.same(await (await go(`${base}/login`)).json(), { hello: 'ada' })
  const opened = await open(ws, { headers: { cookie: cookie(), origin: base } })
  t.equal(opened.first?.principal, 'ada')
  t.equal((await open(ws, { headers: { cookie: cookie(), origin: 'https://evil.example.com' } })).status, 403)
  t.equal((await open(ws, { headers: { cookie: cookie() } })).status, 403)

  const stolen = cookie()
  t.equal((await go(`${base}/logout`, 'POST')).status, 204)
  t.equal((await opened.closed).code, 4501)
  t.equal((await open(ws, { headers: { cookie: stolen, origin: base } })).status, 401)
})

void t.test('a login that was not begun here is refused', async (t) => {
  const issuer = await fakeIssuer({ ...client, subject: 'ada' })
  const app = await oidcServer({ ...client, issuer: issuer.url })
  t.teardown(async () => { await app.close(); await issuer.close() })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const base = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`
  t.equal((await fetch(`${base}/callback?code=x&state=y`)).status, 400)
  const begun = await fetch(`${base}/login`, { redirect: 'manual' })
  const state = new URL(String(begun.headers.get('location'))).searchParams.get('state')
  const cookie = String(begun.headers.getSetCookie()[0]?.split(';')[0])
  t.equal((await fetch(`${base}/callback?code=x&state=${state}`, { headers: { cookie } })).status, 401)
  const other = new URL(String(begun.headers.get('location')))
  other.searchParams.set('nonce', 'of another login')
  const back = await fetch(other, { redirect: 'manual' })
  t.equal((await fetch(String(back.headers.get('location')), { headers: { cookie } })).status, 401)
})
