import { readFileSync } from 'node:fs'
import t from 'tap'
import * as auth from '../src/index.ts'
import { resolveOptions } from '../src/options.ts'
import { secret } from './support/tokens.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')


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
