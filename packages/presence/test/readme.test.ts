import { readFileSync } from 'node:fs'
import t from 'tap'
import * as errors from '../src/errors.ts'
import { defaults } from '../src/options.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

void t.test('defaults are those of the source', async t => {
  for (const [name, value] of Object.entries(defaults)) {
    const written = Array.isArray(value) ? '`\\[\\]`' : value.toLocaleString('en')
    t.match(readme, new RegExp(`^\\| \`${name}\` \\| .* \\| ${written} \\|$`, 'm'))
  }
})

void t.test('error codes are those of the source', async t => {
  const written = [...readme.matchAll(/^\| `(FRT_ERR_\w+)` \| (\d+) \|/gm)].map(([, code, status]) => `${code} ${status}`)
  const known = Object.values(errors).map((SomeError) => new (SomeError as new (...args: unknown[]) => { code: string, statusCode?: number })('x'))
  t.same(written.toSorted((a, b) => a.localeCompare(b)), known.map(({ code, statusCode }) => `${code} ${statusCode}`).toSorted((a, b) => a.localeCompare(b)))
})
