// Fails when a package imports what the table of arrows does not allow, or what its own package.json does not list.
// Reads the real imports of every source and test file: `node scripts/check-arrows.mjs [root]`.
import { parseSync } from 'oxc-parser'
import { globSync } from 'tinyglobby'
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { relative, resolve, sep } from 'node:path'

const scope = '@fastify-realtime/'

/** What each package may import at run time. Arrows only point up this list. */
const arrows = {
  protocol: [],
  'connection-pool': ['protocol'],
  heartbeat: ['protocol'],
  broker: ['protocol'],
  auth: ['protocol', 'broker'],
  'message-router': ['protocol'],
  broadcast: ['protocol', 'broker'],
  presence: ['protocol', 'broker'],
  cluster: ['protocol', 'broker'],
  metrics: ['protocol'],
  tracing: ['protocol'],
  'broker-redis': ['protocol', 'broker'],
  'broker-nats': ['protocol', 'broker'],
  'broker-rabbitmq': ['protocol', 'broker'],
  'broker-kafka': ['protocol', 'broker'],
  'broker-cluster': ['protocol', 'broker'],
  bridge: ['protocol', 'broker'],
  client: ['protocol'],
  asyncapi: [],
  testing: ['protocol'],
  load: ['protocol']
}

/** Sisters meet on the instance: their types may be imported by every plugin that decorates a Fastify app. */
const typesFrom = ['connection-pool', 'protocol', 'broker']
const browserSafe = new Set(['protocol', 'client'])

const root = resolve(process.argv[2] ?? '.')
const problems = []
let files = 0

for (const manifestPath of globSync('packages/*/package.json', { cwd: root, absolute: true, expandDirectories: false })) {
  const folder = resolve(manifestPath, '..')
  checkPackage(folder, JSON.parse(readFileSync(manifestPath, 'utf8')))
}

for (const problem of problems) console.error(problem)
if (files === 0) console.error(`no source file found below ${root}`)
console.log(`arrows: ${files} files read, ${problems.length} problems`)
process.exitCode = problems.length === 0 && files > 0 ? 0 : 1

function checkPackage (folder, manifest) {
  const name = manifest.name.replace(scope, '')
  if (!Object.hasOwn(arrows, name)) problems.push(`${manifest.name}: not in the table of arrows`)
  const published = { ...manifest.dependencies, ...manifest.peerDependencies }
  const all = { ...published, ...manifest.devDependencies }
  for (const file of globSync(['src/**/*.ts', 'test/**/*.ts'], { cwd: folder, absolute: true })) {
    files++
    const inSource = relative(folder, file).startsWith(`src${sep}`)
    for (const found of importsOf(file)) {
      const problem = judge({ ...found, name, folder, file, inSource, listed: inSource ? published : all, self: manifest.name })
      if (problem !== undefined) problems.push(`${relative(root, file)}: ${problem}`)
    }
  }
}

function importsOf (file) {
  const text = readFileSync(file, 'utf8')
  const { module, errors } = parseSync(file, text)
  if (errors.length > 0) return [{ specifier: '', broken: errors[0].message }]
  const statics = module.staticImports.map(({ start, moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    typeOnly: text.startsWith('import type ', start) || (entries.length > 0 && entries.every((entry) => entry.isType))
  }))
  const reexports = module.staticExports.flatMap(({ entries }) => entries)
    .filter((entry) => entry.moduleRequest !== null)
    .map((entry) => ({ specifier: entry.moduleRequest.value, typeOnly: entry.isType }))
  const dynamics = module.dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start, moduleRequest.end))
    .filter((source) => /^['"]/.test(source)).map((source) => ({ specifier: source.slice(1, -1), typeOnly: false }))
  return [...statics, ...reexports, ...dynamics]
}

function judge ({ specifier, typeOnly, broken, name, folder, file, inSource, listed, self }) {
  if (broken !== undefined) return `cannot be parsed: ${broken}`
  if (specifier.startsWith('.')) {
    const inside = relative(folder, resolve(file, '..', specifier))
    return inside.startsWith('..') ? `imports ${specifier}, which is outside its package: import the package instead` : undefined
  }
  if (isBuiltin(specifier)) {
    if (!specifier.startsWith('node:')) return `imports ${specifier}: write node:${specifier}`
    return inSource && browserSafe.has(name) ? `imports ${specifier}, but the package must run in browsers` : undefined
  }
  const dependency = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
  if (dependency !== self && !Object.hasOwn(listed, dependency)) {
    return `imports ${specifier}, but its package.json does not list ${dependency}${inSource ? ' in dependencies or peerDependencies' : ''}`
  }
  if (!inSource || !dependency.startsWith(scope)) return undefined
  const target = dependency.slice(scope.length)
  const allowed = arrows[name]?.includes(target) || (typeOnly && typesFrom.includes(target))
  return allowed ? undefined : `imports ${dependency}${typeOnly ? ' (types)' : ''}: no such arrow; sister plugins meet on the instance`
}
