/** The run whose value is in the middle, with the spread of all. Of an even number of runs the lower middle. */
export function median (runs) {
  const sorted = runs.toSorted((a, b) => a.value - b.value)
  return { ...sorted[(sorted.length - 1) >> 1], low: sorted[0].value, high: sorted.at(-1).value, runs: sorted.length }
}

const extras = [
  ['p50', 'p50 ms', (row) => row.p50?.toFixed(1)],
  ['p99', 'p99 ms', (row) => row.p99?.toFixed(1)],
  ['bytes', 'bytes', (row) => row.bytes?.toFixed(0)],
  ['memory', 'RSS MB', (row) => row.memory && (row.memory / 1_048_576).toFixed(0)],
  ['ms', 'all ready after ms', (row) => row.ms?.toFixed(0)]
]

/**
 * A scenario's results as a Markdown table. The ratio says how many times a peer ours costs, or, where a scenario names a
 * `base`, how many times the base a row costs.
 */
export function table ({ scenario, rows, failures }) {
  const base = rows.find(({ peer }) => peer === (scenario.base ?? 'ours'))
  const ratio = ({ value }) => base === undefined ? '' : (scenario.base === undefined ? base.value / value : value / base.value).toFixed(2)
  const shown = extras.filter(([key]) => rows.some((row) => row[key] !== undefined && row[key] !== null))
  const head = ['', scenario.unit, 'lowest–highest', scenario.base === undefined ? 'ours ÷ this' : 'this ÷ first', ...shown.map(([, title]) => title)]
  const lines = rows.map((row) => [
    row.title, row.value.toFixed(2), `${row.low.toFixed(2)}–${row.high.toFixed(2)}`,
    ratio(row), ...shown.map(([, , show]) => show(row) ?? '')
  ])
  const markdown = [head, head.map((_, at) => at === 0 ? '---' : '---:'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const failed = failures.map(({ peer, message }) => `\nA run of ${peer} failed: ${message}`).join('')
  return `### ${scenario.title}\n\n${scenario.detail}.\n\n${markdown}${failed}`
}
