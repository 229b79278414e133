import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'

const program = new URL('check-arrows.mjs', import.meta.url).pathname
const pool = '@fastify-realtime/connection-pool'

async function check (t, source, manifest = {}, where = 'src') {
  const root = await mkdtemp(join(tmpdir(), 'arrows-'))
  t.after(() => rm(root, { recursive: true }))
  const folder = join(root, 'packages', 'heartbeat')
  await mkdir(join(folder, where), { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: '@fastify-realtime/heartbeat', ...manifest }))
  await writeFile(join(folder, where, 'index.ts'), source)
  return new Promise((resolve) => {
    execFile(process.execPath, [program, root], (error, stdout, stderr) => resolve({ failed: error !== null, stdout, stderr }))
  })
}

const refused = /** @type {const} */ ([
  ['a sister at run time', `import { x } from '${pool}'`, { peerDependencies: { [pool]: '*' } }, /no such arrow/],
  ['a sister for its side effects', `import '${pool}'`, { peerDependencies: { [pool]: '*' } }, /no such arrow/],
  ['a sister at run time by a re-export', `export { x } from '${pool}'`, { peerDependencies: { [pool]: '*' } }, /no such arrow/],
  ['a sister at run time by a dynamic import', `await import('${pool}')`, { peerDependencies: { [pool]: '*' } }, /no such arrow/],
  ['an arrow that points down', "import type { x } from '@fastify-realtime/metrics'", { dependencies: { '@fastify-realtime/metrics': '*' } }, /no such arrow/],
  ['a dependency that is not listed', "import fp from 'fastify-plugin'", {}, /does not list fastify-plugin/],
  ['a development dependency in a source', "import fp from 'fastify-plugin'", { devDependencies: { 'fastify-plugin': '*' } }, /does not list/],
  ['a file of another package', "import { x } from '../../broker/src/index.ts'", {}, /outside its package/],
  ['a builtin without node:', "import { join } from 'path'", {}, /node:path/],
  ['a file that does not parse', 'import {', {}, /cannot be parsed/]
])

for (const [name, source, manifest, expected] of refused) {
  test(`refuses ${name}`, async (t) => {
    const result = await check(t, source, manifest)
    assert.equal(result.failed, true)
    assert.match(result.stderr, expected)
  })
}

test('allows the types of a sister, own files and listed packages', async (t) => {
  const source = `import type { Connection } from '${pool}'\nimport type {} from '${pool}'\nimport fp from 'fastify-plugin'\nimport './plugin.ts'\nimport 'node:path'`
  const result = await check(t, source, { dependencies: { 'fastify-plugin': '*' }, peerDependencies: { [pool]: '*' } })
  assert.deepEqual([result.failed, result.stderr], [false, ''])
})

test('allows development dependencies in tests', async (t) => {
  const result = await check(t, "import tap from 'tap'", { devDependencies: { tap: '*' } }, 'test')
  assert.deepEqual([result.failed, result.stderr], [false, ''])
})
