/**
 * What each topic held, by position: everything that was acknowledged, and what somebody got although nobody heard an
 * acknowledgement. `byTopic.get(topic).get(epoch)` is sorted by offset.
 */
export function published (publications, records) {
  const byTopic = new Map()
  const known = new Set()
  const add = (topic, epoch, offset, n, acknowledged) => {
    if (known.has(`${n} ${epoch} ${offset}`)) return
    known.add(`${n} ${epoch} ${offset}`)
    if (!byTopic.has(topic)) byTopic.set(topic, new Map())
    const epochs = byTopic.get(topic)
    if (!epochs.has(epoch)) epochs.set(epoch, [])
    epochs.get(epoch).push({ n, offset, acknowledged })
  }
  for (const { n, topic, position } of publications) {
    if (position !== undefined) add(topic, position.epoch, position.offset, n, true)
  }
  for (const { topic, rows } of records) {
    for (const row of rows) {
      if (row.kind === 'publication') add(topic, row.epoch, row.offset, row.n, false)
    }
  }
  for (const epochs of byTopic.values()) {
    for (const list of epochs.values()) list.sort((one, other) => one.offset - other.offset)
  }
  return byTopic
}
