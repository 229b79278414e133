const width = 760
const labelWidth = 230
const barWidth = 400
const rowHeight = 20
const colours = { own: '#0b7a75', other: '#9aa5b1' }

/** Bars for every scenario, each scaled to its dearest peer, as an SVG that reads on light and dark pages. */
export function chart (measured) {
  const parts = []
  let y = 10
  for (const { scenario, rows } of measured.filter(({ rows }) => rows.length > 0)) {
    const most = Math.max(...rows.map(({ value }) => value))
    parts.push(text(10, y + 14, `${scenario.title} (${scenario.unit})`, 'bold'))
    y += 24
    for (const { peer, title, value } of rows.toSorted((a, b) => a.value - b.value)) {
      const length = Math.max(1, value / most * barWidth)
      // Where a scenario names a base, every row is ours.
      const colour = scenario.base !== undefined || peer.startsWith('ours') ? colours.own : colours.other
      parts.push(text(20, y + 14, title), `<rect x="${labelWidth}" y="${y + 3}" width="${length.toFixed(1)}" height="14" rx="2" fill="${colour}"/>`)
      parts.push(text(Math.round(labelWidth + length + 6), y + 14, value.toFixed(2)))
      y += rowHeight
    }
    y += 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`
}

function text (x, y, words, weight = 'normal') {
  return `<text x="${x}" y="${y}" font-weight="${weight}" fill="#1f2933">${words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`
}
