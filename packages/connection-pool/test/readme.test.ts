import { readFileSync } from 'node:fs'
import { connectAndGreet } from '@fastify-realtime/testing'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { endpointDefaults } from '../src/endpoint.ts'
import * as pool from '../src/index.ts'
import { defaults, resolveOptions } from '../src/options.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

t.test('the example runs as it stands', async (t) => {
  const code = (/```js\n(.*?)```/s.exec(readme)?.[1] ?? '')
    .replace('port: 3000', "port: 0, host: '127.0.0.1'")
    .replace('logger: true', 'logger: false')
    .replaceAll(/from '([^']+)'/g, (_, name: string) =>
      `from '${name === '@fastify-realtime/connection-pool' ? new URL('../src/index.ts', import.meta.url).href : import.meta.resolve(name)}'`)
  const { app } = await import(`data:text/javascript,${encodeURIComponent(`${code}\nexport { app }`)}`) as { app: FastifyInstance }
  t.teardown(() => app.close())
  const client = await connectAndGreet(`ws://127.0.0.1:${(app.server.address() as { port: number }).port}`)
  t.equal(await client.request('echo', 7), 7)
})

t.test('every option and its default is in the table', async (t) => {
  const shown = (value: unknown): string => {
    if (typeof value === 'number') return value.toLocaleString('en')
    if (typeof value === 'object') {
      const fields = Object.entries(value as object).map(([name, field]) =>
        `${name}: ${typeof field === 'number' ? field.toLocaleString('en').replaceAll(',', '_') : `'${field}'`}`)
      return `\`{ ${fields.join(', ')} }\``
    }
    return `\`${value as string}\``
  }
  const all = { ...endpointDefaults, ...defaults, compression: false }
  const row = (name: string): string => new RegExp(`^\\| \`${name}\` \\| (.*?) \\|`, 'm').exec(readme)?.[1] ?? 'missing'
  for (const [name, value] of Object.entries(all)) {
    if (name !== 'codecs') t.equal(row(name), shown(value), name)
  }
  for (const name of Object.keys(resolveOptions({}))) {
    if (name !== 'endpoint') t.not(row(name), 'missing', name)
  }
  t.match(readme, shown(defaults.compression))
})

t.test('every error is in the table, with its status', async (t) => {
  const errors = Object.entries(pool).filter(([name]) => name.endsWith('Error'))
  t.equal(errors.length, 8)
  for (const [, Coded] of errors) {
    const { code, statusCode } = new (Coded as new (words: string) => { code: string, statusCode: number })('')
    t.match(readme, `| \`${code}\` | ${statusCode} |`)
  }
})
