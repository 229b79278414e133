import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import * as auth from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'
import { secret } from './support/tokens.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')


void t.test('the example runs as it stands', async (t) => {
  const code = (/```js\n(.*?)```/s.exec(readme)?.[1] ?? '')
    .replace('port: 3000', 'port: 0')
    .replace('logger: true', 'logger: false')
    .replaceAll(/from '([^']+)'/g, (_, name: string) =>
      `from '${name === '@fastify-realtime/auth' ? new URL('../src/index.ts', import.meta.url).href : import.meta.resolve(name)}'`)
  const { app } = await import(`data:text/javascript,${encodeURIComponent(`${code}\nexport { app }`)}`) as { app: FastifyInstance }
  t.teardown(() => app.close())
  const url = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`
  const { token } = await (await fetch(`${url}/login`, { method: 'POST' })).json() as { token: string }
  const headers = { authorization: `Bearer ${token}` }
  t.same(await (await fetch(`${url}/me`, { headers })).json(), { id: 'ada', role: 'operator' })
  t.equal((await fetch(`${url}/me`)).status, 401)
  t.equal((await fetch(`${url}/ticket`, { method: 'POST', headers })).status, 200)
  t.equal((await fetch(`${url}/logout`, { method: 'POST', headers })).status, 200)
  t.equal((await fetch(`${url}/me`, { headers })).status, 401)
})

void t.test('every option and its default is in the table', async (t) => {
  const options = resolveOptions({ jwt: { secret } })
  for (const [name, value] of Object.entries(options)) {
    const shown = typeof value === 'number' ? value.toLocaleString('en') : value === false || value === true ? `\`${value}\`` : undefined
    t.match(readme, new RegExp(`^\\| \`${name}\` \\| .* \\| ${shown ?? '.*'} \\|$`, 'm'), name)
  }
})

void t.test('every error is in the table, with its status', async (t) => {
  const errors = Object.entries(auth).filter(([name]) => name.endsWith('Error'))
  t.equal(errors.length, 10)
  for (const [, Coded] of errors) {
    const { code, statusCode } = new (Coded as new () => { code: string, statusCode: number })()
    t.match(readme, new RegExp(`^\\| \`${code}\` \\| (?:${statusCode}|–) \\|`, 'm'), code)
  }
})
