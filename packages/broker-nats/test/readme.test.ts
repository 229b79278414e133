import { readFile } from 'node:fs/promises'
import t from 'tap'

void t.test('the README names every option, and no other', async (t) => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const source = await readFile(new URL('../src/nats-options.ts', import.meta.url), 'utf8')
  const table = readme.slice(readme.indexOf('## Options'), readme.indexOf('## What it promises'))
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  const fields = [...source.slice(0, source.indexOf('}\n')).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name)
  t.same(named, fields.filter((name) => name !== 'clock'))
})
