import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'node:test'
import assert from 'node:assert/strict'

const run = promisify(execFile)
const program = new URL('release-notes.mjs', import.meta.url).pathname

async function release (t, notes, version = '0.2.0') {
  const root = await mkdtemp(join(tmpdir(), 'notes-'))
  t.after(() => rm(root, { recursive: true }))
  await mkdir(join(root, '.changeset'))
  await writeFile(join(root, 'CHANGELOG.md'), '# Changelog\n\nWords.\n\n## 0.1.0\n\nThe first.\n')
  for (const [name, text] of Object.entries(notes)) await writeFile(join(root, '.changeset', name), text)
  await run(process.execPath, [program, version, root])
  return readFile(join(root, 'CHANGELOG.md'), 'utf8')
}

test('moves notes above the last release, breaking changes first', async (t) => {
  const changelog = await release(t, {
    'README.md': 'not a note',
    'a.md': '---\n"@fastify-realtime/auth": patch\n---\nTickets are\ncounted.\n',
    'b.md': '---\n"@fastify-realtime/broadcast": patch\n"@fastify-realtime/presence": major\n---\nTopics moved.\n'
  })
  assert.equal(changelog, '# Changelog\n\nWords.\n\n## 0.2.0\n\n### Breaking\n\n- broadcast, presence: Topics moved.\n\n' +
    '### Mended\n\n- auth: Tickets are counted.\n\n## 0.1.0\n\nThe first.\n')
})

test('refuses a note without packages, a release without notes, and no version', async (t) => {
  await assert.rejects(release(t, { 'a.md': 'words only' }), /expected front matter/)
  await assert.rejects(release(t, {}), /nothing to release/)
  await assert.rejects(release(t, {}, 'next'), /expected the version/)
})
