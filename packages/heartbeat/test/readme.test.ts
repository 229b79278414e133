import { readFileSync } from 'node:fs'
import t from 'tap'
import { HeartbeatOptionError } from '../src/index.ts'
import { defaults } from '../src/options.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

void t.test('defaults and error codes are those of the source', async t => {
  for (const [name, value] of Object.entries(defaults)) {
    t.match(readme, new RegExp(`^\\| \`${name}\` \\| .* \\| ${value.toLocaleString('en')} \\|$`, 'm'))
  }
  t.match(readme, `\`${new HeartbeatOptionError('x').code}\``)
})
