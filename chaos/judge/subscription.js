/**
 * Judges what one subscription was told. It must have got everything that its topic held after the position at which it
 * first went live: once, in order, and nothing else. Only what a `recovered: false` stands for may be missing.
 *
 * @param record `{ topic, rows: [{ kind, at, n, epoch, offset }], foreign }`
 * @param held `Map` of epoch → `[{ n, offset }]` by offset, of that topic
 * @param topicOf answers the topic that publication `n` was sent to, or `undefined`
 */
export function judgeSubscription (record, held, topicOf) {
  const faults = { silent: [], duplicate: [], reorder: [], phantom: [], leak: [] }
  const counts = { delivered: 0, recovered: 0, lost: 0, signalled: 0, repeated: 0 }
  /** Publication → the epoch in which it came. */
  const got = new Map()
  /** Stretches of one epoch that had to be complete. An open one reaches to the end. */
  const stretches = []
  let open
  let begun = false
  let announced = false

  const close = () => {
    if (open !== undefined) stretches.push({ ...open, to: open.at })
    open = undefined
  }
  const enter = (epoch, from) => { open = { epoch, from, at: from, to: Infinity } }
  const jump = (row) => {
    faults.silent.push({ ...row, why: 'another epoch without a word' })
    close()
    enter(row.epoch, row.offset)
  }

  for (const row of record.rows) {
    const { kind, n, epoch, offset } = row
    if (kind === 'recovered') counts.recovered++
    if (kind === 'lost') {
      counts.lost++
      announced = true
      close()
    }
    if (kind === 'live' && epoch !== undefined) {
      if (!begun || open === undefined) enter(epoch, offset)
      else if (open.epoch !== epoch) jump(row)
      begun = true
      announced = false
    }
    if (kind !== 'publication') continue
    counts.delivered++
    if (topicOf(n) === undefined) faults.phantom.push({ ...row, why: 'nobody published it' })
    else if (topicOf(n) !== record.topic) faults.leak.push({ ...row, why: `it belongs to ${topicOf(n)}` })
    // A broker that forgot its history forgot the ids with it, so what its publisher repeats comes again, in another epoch.
    if (got.has(n) && got.get(n) !== epoch && counts.lost > 0) counts.repeated++
    else if (got.has(n)) faults.duplicate.push(row)
    else if (open?.epoch === epoch && offset <= open.at) faults.reorder.push({ ...row, why: `after offset ${open.at}` })
    got.set(n, epoch)
    if (open === undefined || open.epoch !== epoch) {
      if (begun && !announced) faults.silent.push({ ...row, why: 'another epoch without a word' })
      close()
      enter(epoch, offset - 1)
      begun = true
    }
    open.at = Math.max(open.at, offset)
  }
  if (open !== undefined) stretches.push(open)
  for (const foreign of record.foreign) faults.leak.push(foreign)
  missing(stretches, held, got, faults, counts)
  return { verdict: verdict(faults, counts), faults, counts, begun }
}

/** What had to come and did not; and what a signal excuses, which lies after the first stretch and in none. */
function missing (stretches, held, got, faults, counts) {
  const [first] = stretches
  if (first === undefined) return
  for (const [epoch, publications] of held) {
    for (const { n, offset } of publications) {
      if (got.has(n)) continue
      const due = stretches.some((stretch) => stretch.epoch === epoch && offset > stretch.from && offset <= stretch.to)
      if (due) faults.silent.push({ n, epoch, offset, why: 'never came' })
      else if (counts.lost > 0 && (epoch !== first.epoch || offset > first.from)) counts.signalled++
    }
  }
}

function verdict (faults, counts) {
  for (const name of ['leak', 'phantom', 'silent', 'duplicate', 'reorder']) {
    if (faults[name].length > 0) return name
  }
  if (counts.lost > 0) return 'signalled'
  return counts.recovered > 0 ? 'recovered' : 'ok'
}
