// Runs the conformance suite over every broker that can run here and writes the capability table into docs/brokers.md, or
// fails when the page says something else: `node scripts/broker-table.mjs [--check]`. Reads what `npm run build` made.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brokerConformance } from '../packages/broker/dist/conformance.js'
import { brokers } from './broker-subjects.mjs'

const page = join(resolve(import.meta.dirname, '..'), 'docs', 'brokers.md')
const marks = ['<!-- what the conformance suite prints -->', '<!-- end -->']

/** Section → verdict; throws with the facts that a broker breaks. */
async function examine (name, { create, end }) {
  const tests = []
  const broken = []
  let table = ''
  brokerConformance((fact, run) => tests.push([fact, run]), { name, create }, { report: (text) => { table = text } })
  try {
    for (const [fact, run] of tests) await run().catch((error) => broken.push(`${fact}: ${error.message}`))
  } finally {
    await end?.()
  }
  if (broken.length > 0) throw new Error(`${name} breaks\n${broken.join('\n')}`)
  return new Map(cells(table).slice(2).map(([section, verdict]) => [section, verdict]))
}

function cells (table) {
  return table.split('\n').map((row) => row.slice(1, -1).split('|').map((cell) => cell.trim()))
}

/** Name of the broker → its column, as the page has it. */
function readTable (text) {
  const [head, , ...rows] = cells(text.trim())
  return new Map(head.slice(1).map((name, at) => [name, new Map(rows.map((row) => [row[0], row[at + 1]]))]))
}

function writeTable (columns) {
  const sections = [...new Set([...columns.values()].flatMap((column) => [...column.keys()]))]
  const row = (first, of) => `| ${[first, ...[...columns].map(of)].join(' | ')} |`
  return [
    row('', ([name]) => name), `|${'---|'.repeat(columns.size + 1)}`,
    ...sections.map((section) => row(section, ([, column]) => column.get(section)))
  ].join('\n')
}

const text = readFileSync(page, 'utf8')
const [from, to] = [text.indexOf(marks[0]) + marks[0].length, text.indexOf(marks[1])]
const before = text.slice(from, to).trim()
// A column whose broker cannot run here stays as it is.
const columns = before === '' ? new Map() : readTable(before)
const ran = []
for (const [name, prepare] of Object.entries(brokers)) {
  const subject = await prepare()
  if (subject === undefined) continue
  columns.set(name, await examine(name, subject))
  ran.push(name)
}
const after = writeTable(columns)
console.log(`${after}\n\nran: ${ran.join(', ')}`)
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('docs/brokers.md says something else: run node scripts/broker-table.mjs')
    process.exitCode = 1
  }
} else writeFileSync(page, `${text.slice(0, from)}\n\n${after}\n\n${text.slice(to)}`)
