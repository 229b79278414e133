const WIDTH = 1_080
const LEFT = 118
const LANE = 46
const TOP = 44

const lanes = [
  ['delivered', 'deliveries', '#2563eb'],
  ['latest', 'slowest delivery', '#0891b2', 'ms'],
  ['acknowledged', 'acknowledged', '#059669'],
  ['failed', 'failed attempts', '#dc2626'],
  ['lost', 'lost connections', '#d97706'],
  ['opened', 'new connections', '#65a30d'],
  ['recovered', 'recoveries', '#7c3aed'],
  ['signalled', 'told of a loss', '#be185d']
]

/** Faults and what processes did on top, faults shaded over all lanes; under them what happened, four columns a second. */
export function timelineSvg ({ timeline, faults, log }) {
  const size = timeline.delivered.length
  const x = (at) => LEFT + Math.max(0, Math.min(1, at / (size * timeline.bucket))) * (WIDTH - LEFT - 8)
  const used = lanes.filter(([lane]) => timeline[lane].some((value) => value > 0))
  const height = TOP + used.length * LANE + 22
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="timeline of faults and deliveries">${[
    ...faults.map((fault) => shade(fault, x, height)),
    text(0, 12, 'faults'), ...labels(faults.map(({ kind, from }) => ({ at: from, label: kind })), x, 12),
    text(0, 28, 'processes'), ...labels(log.filter(({ at }) => at > 0).map(({ at, who, what }) => ({ at, label: `${who} ${what.replace('broker ', '')}` })), x, 28),
    ...used.map((lane, index) => drawn(lane, timeline, { bottom: TOP + (index + 1) * LANE, width: (WIDTH - LEFT - 8) / size, x })),
    ...Array.from({ length: Math.floor(size * timeline.bucket / 5_000) + 1 }, (_, index) => text(x(index * 5_000), height - 6, `${index * 5} s`, 'most'))
  ].join('')}</svg>`
}

const text = (x, y, words, kind = '') => `<text x="${x.toFixed(1)}" y="${y}" class="${kind}">${words}</text>`

function shade ({ kind, from, to }, x, height) {
  const title = `${kind} from ${(from / 1_000).toFixed(2)} to ${(to / 1_000).toFixed(2)} s`
  return `<rect x="${x(from).toFixed(1)}" y="${TOP - 10}" width="${Math.max(1.5, x(to) - x(from)).toFixed(1)}" height="${height - TOP - 12}" fill="#f59e0b" fill-opacity="0.2"><title>${title}</title></rect>`
}

/** As many as there is room for; the shades have titles for the rest. */
function labels (entries, x, y) {
  let free = LEFT
  return entries.flatMap(({ at, label }) => {
    if (x(at) < free) return []
    free = x(at) + label.length * 5 + 6
    return [text(x(at), y, label, 'most')]
  })
}

function drawn ([lane, label, colour, unit = ''], timeline, { bottom, width, x }) {
  const most = Math.max(...timeline[lane])
  const columns = timeline[lane].map((value, at) => {
    const tall = value / most * (LANE - 12)
    return value === 0 ? '' : `<rect x="${x(at * timeline.bucket).toFixed(1)}" y="${(bottom - tall).toFixed(1)}" width="${(width * 0.9).toFixed(2)}" height="${tall.toFixed(1)}" fill="${colour}"/>`
  })
  return `${text(0, bottom - 15, label)}${text(0, bottom - 3, unit === 'ms' ? `up to ${Math.round(most)} ms` : `up to ${most} in ${timeline.bucket} ms`, 'most')}` +
    `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${bottom}" y2="${bottom}" stroke="#9ca3af" stroke-width="0.5"/>${columns.join('')}`
}
