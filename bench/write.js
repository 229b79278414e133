import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { chart } from './chart.js'
import { table } from './report.js'
import { scenarios } from './scenarios.js'

const begin = '<!-- results -->'
const end = '<!-- /results -->'
const file = (name) => new URL(name, import.meta.url)

/**
 * Keeps the results in results.json, a scenario at a time, and makes of all that it holds the tables in README.md,
 * between the marks, and the chart. A scenario of which nothing could be measured keeps what it had.
 */
export function writeReport ({ name, rows, failures }, circumstances) {
  if (rows.length === 0) return
  const before = existsSync(file('./results.json')) ? JSON.parse(readFileSync(file('./results.json'), 'utf8')) : {}
  const date = new Date().toISOString().slice(0, 10)
  const all = { ...before, [name]: { date, ...circumstances, rows, failures } }
  writeFileSync(file('./results.json'), JSON.stringify(all, null, 2) + '\n')

  const results = Object.keys(scenarios).filter((name) => name in all).map((name) => ({ name, scenario: scenarios[name], ...all[name] }))
  const readme = readFileSync(file('./README.md'), 'utf8')
  const [head, tail] = [readme.slice(0, readme.indexOf(begin) + begin.length), readme.slice(readme.indexOf(end))]
  const parts = ['![Server CPU and memory of each peer; shorter is better](./results.svg)', ...results.map(section)]
  writeFileSync(file('./README.md'), `${head}\n\n${parts.join('\n\n')}\n\n${tail}`)
  writeFileSync(file('./results.svg'), chart(results))
}

function section (result) {
  const { name, date, machine, repeats, connections, peers } = result
  const some = peers === undefined ? '' : ` --peers ${peers}`
  return `${table(result)}\n\n\`pnpm bench ${name} --repeats ${repeats} --connections ${connections}${some}\` on ${date}: ${machine}; the median of ${repeats}.`
}
