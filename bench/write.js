import { readFileSync, writeFileSync } from 'node:fs'
import { chart } from './chart.js'
import { table } from './report.js'

const begin = '<!-- results -->'
const end = '<!-- /results -->'

/** Puts tables and charts between the marks in README.md, and the figures beside it for whoever compares later. */
export function writeReport (measured, { repeats, connections, machine }) {
  const readme = new URL('./README.md', import.meta.url)
  const text = readFileSync(readme, 'utf8')
  const date = new Date().toISOString().slice(0, 10)
  const names = measured.map(({ name }) => name).join(' ')
  const parts = [
    `Measured on ${date}: ${machine}. ${connections.toLocaleString('en')} connections unless said otherwise; median of ${repeats} runs, peers in turn.`,
    '```sh\n' + `pnpm bench ${names} --repeats ${repeats} --connections ${connections} --write\n` + '```',
    '![Server CPU and memory of each peer, as a share of the dearest](./results.svg)',
    ...measured.map(table)
  ]
  const [before, after] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))]
  writeFileSync(readme, `${before}\n\n${parts.join('\n\n')}\n\n${after}`)
  writeFileSync(new URL('./results.svg', import.meta.url), chart(measured))
}
