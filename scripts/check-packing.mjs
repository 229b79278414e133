// Packs every package, judges the tarballs with publint and are-the-types-wrong, installs them with plain npm into an
// empty project, and there runs and type-checks the first example of README.md: `node scripts/check-packing.mjs`.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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
  const project = await install(tarballs)
  await runExample(project)
  await loadEverything(project, tarballs)
  await typeCheck(project)
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

async function install (tarballs) {
  const dependencies = Object.fromEntries(tarballs.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const { catalog } = await readCatalog()
  const manifest = {
    name: 'consumer',
    private: true,
    dependencies: { ...dependencies, fastify: catalog.fastify, '@msgpack/msgpack': catalog['@msgpack/msgpack'], ws: catalog.ws, tap: catalog.tap },
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
  return { catalog: Object.fromEntries(entries) }
}

/** The README's first block of code, made to end by itself. */
async function example () {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const block = /```js\n([\s\S]*?)```/.exec(readme)?.[1]
  if (block === undefined || !block.includes('port: 3000')) throw new Error('README.md: expected a first ```js block that listens on port 3000')
  return `${block.replace('port: 3000', 'port: 0')}\nawait app.close()\nconsole.log('closed')\n`
}

async function runExample (project) {
  const esm = await example()
  await writeFile(join(project, 'example.mjs'), esm)
  const body = esm.replace(/^import (.+) from '(.+)'$/gm, (_, names, from) => names.startsWith('{')
    ? `const ${names.replaceAll(' as ', ': ')} = require('${from}')`
    : `const ${names} = require('${from}').default ?? require('${from}')`)
  await writeFile(join(project, 'example.cjs'), `(async () => {\n${body}})()`)
  for (const file of ['example.mjs', 'example.cjs']) {
    const { stdout } = await step(`run ${file}`, process.execPath, [file], project)
    if (!stdout.includes('closed')) throw new Error(`${file} ended before the app was closed`)
  }
}

async function loadEverything (project, tarballs) {
  const entries = tarballs.flatMap(({ name, exports }) => exports.filter((path) => path !== './package.json').map((path) => name + path.slice(1)))
  await writeFile(join(project, 'all.mjs'), entries.map((entry) => `await import('${entry}')`).join('\n'))
  await writeFile(join(project, 'all.cjs'), entries.map((entry) => `require('${entry}')`).join('\n'))
  for (const file of ['all.mjs', 'all.cjs']) await step(`run ${file}`, process.execPath, [file], project)
  const types = entries.map((entry, index) => `export * as e${index} from '${entry}'`).join('\n')
  await writeFile(join(project, 'all.mts'), types)
  await writeFile(join(project, 'all.cts'), types)
}

async function typeCheck (project) {
  await writeFile(join(project, 'example.mts'), await example())
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--exactOptionalPropertyTypes']
  for (const version of compilers) {
    const tsc = join(project, 'node_modules', `typescript-${version}`, 'bin', 'tsc')
    for (const file of ['example.mts', 'all.mts', 'all.cts']) {
      await step(`TypeScript ${version} ${file}`, process.execPath, [tsc, ...options, '--skipLibCheck', 'false', file], project)
    }
  }
}

async function step (title, command, args, cwd) {
  try {
    return await run(command, args, { cwd, timeout: 180_000, maxBuffer: 16_777_216 })
  } catch (error) {
    throw new Error(`${title} failed\n${error.stdout ?? ''}${error.stderr ?? ''}`, { cause: error })
  }
}
