const middle = (numbers) => numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1]

/** Every figure's median over the runs, with the spread of the value. Of an even number of runs the lower middle. */
export function median (runs) {
  const values = runs.map(({ value }) => value)
  const figures = Object.keys(runs[0]).map((key) => [key, middle(runs.map((run) => run[key]))])
  return { ...Object.fromEntries(figures), low: Math.min(...values), high: Math.max(...values), runs: runs.length }
}

/**
 * What is 1.00: the row that the others are compared with, and whether a ratio says how many times a peer ours costs, or,
 * where a scenario names a `base`, how many times the base a row costs.
 */
function yardstick ({ own = 'ours', base = own }) {
  return { base, ratio: base === own ? (value, one) => one / value : (value, one) => value / one, head: base === own ? 'ours ÷ this' : 'this ÷ first' }
}

/** The median of the ratios of runs that followed each other, for each peer: what slows the machine slows both. */
export function paired (scenario, runs) {
  const { base, ratio } = yardstick(scenario)
  return new Map([...runs].map(([peer, results]) => {
    const pairs = results.flatMap((run, at) => runs.get(base)?.[at] === undefined ? [] : [ratio(run.value, runs.get(base)[at].value)])
    return [peer, middle(pairs)]
  }))
}

const extras = [
  ['narrow', 'at 1,000', (row) => row.narrow?.toFixed(2)],
  ['growth', 'this ÷ at 1,000', (row) => row.growth?.toFixed(2)],
  ['publishing', 'publisher\'s µs per publication', (row) => row.publishing?.toFixed(0)],
  ['perTopic', 'bytes of RSS per other topic', (row) => row.perTopic?.toFixed(0)],
  ['p50', 'p50 ms', (row) => row.p50?.toFixed(1)],
  ['p99', 'p99 ms', (row) => row.p99?.toFixed(1)],
  ['bytes', 'bytes', (row) => row.bytes?.toFixed(0)],
  ['memory', 'RSS MB', (row) => row.memory && (row.memory / 1_048_576).toFixed(0)],
  ['ms', 'all ready after ms', (row) => row.ms?.toFixed(0)]
]

/** A scenario's results as a Markdown table, with the ratio of the medians and the median of the paired ratios. */
export function table ({ scenario, rows, failures }) {
  const { base, ratio, head } = yardstick(scenario)
  const one = rows.find(({ peer }) => peer === base)
  const shown = extras.filter(([key]) => rows.some((row) => row[key] !== undefined && row[key] !== null))
  const pairs = rows.some(({ pair }) => pair !== undefined)
  const heads = ['', scenario.unit, 'lowest–highest', head, ...pairs ? ['paired'] : [], ...shown.map(([, title]) => title)]
  const lines = rows.map((row) => [
    row.title, row.value.toFixed(2), `${row.low.toFixed(2)}–${row.high.toFixed(2)}`,
    one === undefined ? '' : ratio(row.value, one.value).toFixed(2), ...pairs ? [row.pair?.toFixed(2) ?? ''] : [],
    ...shown.map(([, , show]) => show(row) ?? '')
  ])
  const markdown = [heads, heads.map((_, at) => at === 0 ? '---' : '---:'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const failed = failures.map(({ peer, message }) => `\nA run of ${peer} failed: ${message}`).join('')
  return `### ${scenario.title}\n\n${scenario.detail}.\n\n${markdown}${failed}`
}
