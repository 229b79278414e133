const WIDTH = 1_000
const LANE = 54

const lanes = [
  ['delivered', 'deliveries', '#2563eb'],
  ['acknowledged', 'acknowledged', '#059669'],
  ['failed', 'failed attempts', '#dc2626'],
  ['lost', 'lost connections', '#d97706'],
  ['recovered', 'recoveries', '#7c3aed'],
  ['signalled', 'signalled losses', '#be185d']
]

/** Faults as shaded stretches, and under them what happened, four columns a second. */
export function timelineSvg ({ timeline, faults }) {
  const size = timeline.delivered.length
  const x = (at) => 110 + Math.max(0, Math.min(1, at / (size * timeline.bucket))) * (WIDTH - 120)
  const height = lanes.length * LANE + 40
  const shades = faults.map(({ kind, from, to }) =>
    `<rect x="${x(from).toFixed(1)}" y="0" width="${Math.max(1.5, x(to) - x(from)).toFixed(1)}" height="${height - 22}" fill="#f59e0b" fill-opacity="0.22"><title>${kind} at ${(from / 1_000).toFixed(2)} s</title></rect>`)
  const bars = lanes.map(([lane, label, colour], index) => {
    const most = Math.max(1, ...timeline[lane])
    const bottom = (index + 1) * LANE
    const columns = timeline[lane].map((value, at) => value === 0
      ? ''
      : `<rect x="${x(at * timeline.bucket).toFixed(1)}" y="${(bottom - value / most * (LANE - 14)).toFixed(1)}" width="${((WIDTH - 120) / size * 0.9).toFixed(2)}" height="${(value / most * (LANE - 14)).toFixed(1)}" fill="${colour}"/>`)
    return `<text x="0" y="${bottom - 16}">${label}</text><text x="0" y="${bottom - 3}" class="most">most ${most} in ${timeline.bucket} ms</text>` +
      `<line x1="110" x2="${WIDTH - 10}" y1="${bottom}" y2="${bottom}" stroke="#9ca3af" stroke-width="0.5"/>${columns.join('')}`
  })
  const seconds = Array.from({ length: Math.floor(size * timeline.bucket / 5_000) + 1 }, (_, index) =>
    `<text x="${x(index * 5_000)}" y="${height - 6}" class="most">${index * 5} s</text>`)
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="timeline">${shades.join('')}${bars.join('')}${seconds.join('')}</svg>`
}
