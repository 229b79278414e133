// Moves the notes of .changeset/ into CHANGELOG.md, grouped by how much they change: `node scripts/release-notes.mjs VERSION`.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const root = resolve(process.argv[3] ?? '.')
const version = process.argv[2]
if (version === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
  throw new Error(`expected the version to release, such as 0.2.0, but got ${version}: node scripts/release-notes.mjs 0.2.0`)
}

const titles = { major: 'Breaking', minor: 'New', patch: 'Mended' }
const notes = await readNotes(join(root, '.changeset'))
if (notes.length === 0) throw new Error('.changeset has no notes: nothing to release')

const sections = Object.entries(titles).flatMap(([bump, title]) => {
  const matching = notes.filter((note) => note.bump === bump)
  return matching.length === 0 ? [] : [`### ${title}\n\n${matching.map(({ packages, text }) => `- ${packages.join(', ')}: ${text}`).join('\n')}\n`]
})
const path = join(root, 'CHANGELOG.md')
const changelog = await readFile(path, 'utf8')
const at = changelog.search(/^## /m)
await writeFile(path, `${changelog.slice(0, at)}## ${version}\n\n${sections.join('\n')}\n${changelog.slice(at)}`)

async function readNotes (folder) {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md').sort()
  return Promise.all(files.map(async (name) => parseNote(name, await readFile(join(folder, name), 'utf8'))))
}

/** A note: front matter with one `"package": bump` line each, then the words. */
function parseNote (name, source) {
  const [, head, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(source) ?? []
  const bumps = [...(head ?? '').matchAll(/^["']?(@fastify-realtime\/)?([\w-]+)["']?:\s*(major|minor|patch)$/gm)]
  if (bumps.length === 0) throw new Error(`.changeset/${name}: expected front matter with lines such as "@fastify-realtime/auth": minor`)
  const order = Object.keys(titles)
  const bump = order[Math.min(...bumps.map((match) => order.indexOf(match[3])))]
  return { packages: bumps.map((match) => match[2]), bump, text: text.trim().replaceAll(/\s*\n\s*/g, ' ') }
}
