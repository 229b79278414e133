// Packs every package, judges the tarballs with publint and are-the-types-wrong, installs them with plain npm into an
// empty project, and there runs and type-checks the first example of README.md: `node scripts/check-packing.mjs`.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '..')
const bin = (name) => join(root, 'node_modules', '.bin', name)
/** The oldest TypeScript that consumers may have, and the newest. */
const compilers = ['5.9', '7.0']

const work = await mkdtemp(join(tmpdir(), 'packing-'))
try {
  const tarballs = await pack()
  await Promise.all(tarballs.map(judge))
  const examples = await readExamples()
  const project = await install(tarballs, examples)
  await runExamples(project, examples)
  await loadEverything(project, tarballs)
  await typeCheck(project, examples)
  console.log(`packing: ${tarballs.length} packages are fine`)
} finally {
  await rm(work, { recursive: true })
}

async function pack () {
  const folders = await readdir(join(root, 'packages'))
  return Promise.all(folders.map(async (folder) => {
    const cwd = join(root, 'packages', folder)
    const manifest = JSON.parse(await readFile(join(cwd, 'package.json'), 'utf8'))
    const tarball = join(work, `${folder}.tgz`)
    await step(`pack ${folder}`, 'npx', ['--yes', 'pnpm@12.21.0', 'pack', '--out', tarball], cwd)
    return { name: manifest.name, exports: Object.keys(manifest.exports), tarball, private: manifest.private === true }
  }))
}

async function judge ({ name, tarball }) {
  await step(`publint ${name}`, bin('publint'), ['run', tarball, '--strict'], root)
  await step(`are-the-types-wrong ${name}`, bin('attw'), [tarball, '--profile', 'esm-only', '--no-color'], root)
}

async function install (tarballs, examples) {
  const dependencies = Object.fromEntries(tarballs.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const catalog = await readCatalog()
  const imported = examples.flatMap(({ code }) => [...code.matchAll(/from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map((match) => match[1]))
  const others = ['fastify', '@msgpack/msgpack', '@types/ws', ...imported].filter((name) => catalog[name] !== undefined)
  const manifest = {
    name: 'consumer',
    private: true,
    dependencies: { ...dependencies, ...Object.fromEntries(others.map((name) => [name, catalog[name]])) },
    devDependencies: {
      '@types/node': catalog['@types/node'],
      ...Object.fromEntries(compilers.map((version) => [`typescript-${version}`, `npm:typescript@~${version}.0`]))
    },
    overrides: dependencies
  }
  await writeFile(join(work, 'package.json'), JSON.stringify(manifest, null, 2))
  await step('npm install', 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], work)
  return work
}

async function readCatalog () {
  const text = await readFile(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const entries = [...text.matchAll(/^ {2}'?([^'\s:]+)'?: (\S+)$/gm)].map(([, name, version]) => [name, version])
  return Object.fromEntries(entries)
}

/** The first block of code of the front page and of every package's README; one that listens is made to end by itself. */
async function readExamples () {
  const folders = await readdir(join(root, 'packages'))
  const readmes = ['README.md', ...folders.map((folder) => join('packages', folder, 'README.md'))]
  return Promise.all(readmes.map(async (path) => {
    const found = /^```(js|ts)\n([\s\S]*?)^```/m.exec(await readFile(join(root, path), 'utf8'))
    if (found === null) throw new Error(`${path}: expected a block of js or ts`)
    const [, language, block] = found
    const listens = block.includes('port: 3000')
    const code = listens ? `${block.replaceAll('port: 3000', 'port: 0')}\nawait app.close()\nconsole.log('closed')\n` : block
    return { path, name: path.split(sep).at(-2) ?? 'front-page', language, code, listens }
  }))
}

/** Every example that listens runs as an ES module; that of the front page also from CommonJS. */
async function runExamples (project, examples) {
  for (const { path, name, code } of examples.filter(({ language, listens }) => language === 'js' && listens)) {
    await writeFile(join(project, `${name}.mjs`), code)
    await runExample(project, `${name}.mjs`, path)
  }
  const body = examples[0].code.replace(/^import (.+) from '(.+)'$/gm, (_, names, from) => names.startsWith('{')
    ? `const ${names.replaceAll(' as ', ': ')} = require('${from}')`
    : `const ${names} = require('${from}').default ?? require('${from}')`)
  await writeFile(join(project, 'front-page.cjs'), `(async () => {\n${body}})()`)
  await runExample(project, 'front-page.cjs', examples[0].path)
}

async function runExample (project, file, path) {
  const { stdout } = await step(`run the example of ${path}`, process.execPath, [file], project)
  if (!stdout.includes('closed')) throw new Error(`the example of ${path} ended before the app was closed`)
}

async function loadEverything (project, tarballs) {
  const entries = tarballs.flatMap(({ name, exports }) => exports.filter((path) => !path.endsWith('.json')).map((path) => name + path.slice(1)))
  await writeFile(join(project, 'all.mjs'), entries.map((entry) => `await import('${entry}')`).join('\n'))
  await writeFile(join(project, 'all.cjs'), entries.map((entry) => `require('${entry}')`).join('\n'))
  for (const file of ['all.mjs', 'all.cjs']) await step(`run ${file}`, process.execPath, [file], project)
  const types = entries.map((entry, index) => `export * as e${index} from '${entry}'`).join('\n')
  await writeFile(join(project, 'all.mts'), types)
  await writeFile(join(project, 'all.cts'), types)
}

/** The front page's example and every example in TypeScript, and all public types from both kinds of module. */
async function typeCheck (project, examples) {
  const files = ['all.mts', 'all.cts']
  for (const { name, code } of examples.filter(({ language }, index) => language === 'ts' || index === 0)) {
    await writeFile(join(project, `${name}.mts`), code)
    files.push(`${name}.mts`)
  }
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom', '--types', 'node', '--skipLibCheck']
  for (const version of compilers) {
    const tsc = join(project, 'node_modules', `typescript-${version}`, 'bin', 'tsc')
    await step(`TypeScript ${version}`, process.execPath, [tsc, ...options, ...files], project)
  }
}

async function step (title, command, args, cwd) {
  try {
    return await run(command, args, { cwd, timeout: 180_000, maxBuffer: 16_777_216 })
  } catch (error) {
    throw new Error(`${title} failed\n${error.stdout}${error.stderr}`, { cause: error.message })
  }
}
