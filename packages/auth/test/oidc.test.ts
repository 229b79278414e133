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
  t.equal((await fetch(`${base}/callback?code=x&state=y`)).status, 401)
  const begin = async () => {
    const response = await fetch(`${base}/login`, { redirect: 'manual' })
    const cookie = response.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
    return { url: new URL(String(response.headers.get('location'))), cookie }
  }
  const mine = await begin()
  const state = mine.url.searchParams.get('state')
  const headers = { cookie: mine.cookie }
  t.equal((await fetch(`${base}/callback?code=x&state=${state}`, { headers })).status, 401, 'no such code')
  const theirs = await begin()
  const back = new URL(String((await fetch(theirs.url, { redirect: 'manual' })).headers.get('location')))
  t.equal((await fetch(back, { headers, redirect: 'manual' })).status, 401, 'a code and state of another browser')
  back.searchParams.set('state', String(state))
  t.equal((await fetch(back, { headers, redirect: 'manual' })).status, 401, 'a code of another browser: PKCE')
  const mineBack = new URL(String((await fetch(mine.url, { redirect: 'manual' })).headers.get('location')))
  t.equal((await fetch(mineBack, { headers: { cookie: mine.cookie.replace(/state=./, 'state=_') }, redirect: 'manual' })).status, 401, 'a cookie of its own making')
  t.equal((await fetch(mineBack, { headers, redirect: 'manual' })).status, 302)
})
