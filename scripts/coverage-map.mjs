// A test covers the sources of its own package. Without this map a run from the root would also count what other
// packages' tests run of the built files, whose source maps blur functions.
import { globSync } from 'tinyglobby'

const sources = new Map()

/** @param {string} test a test file, relative to where tap runs: the root, or a package */
export default function coverageMap (test) {
  if (test.startsWith('test/')) return []
  const folder = /^packages\/[^/]+/.exec(test)?.[0]
  if (folder === undefined) return null
  if (!sources.has(folder)) sources.set(folder, globSync(`${folder}/src/**/*.ts`, { absolute: true }))
  return sources.get(folder)
}
