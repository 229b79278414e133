/**
 * What each topic held, by position: everything that was acknowledged, and what somebody got although nobody heard an
 * acknowledgement. What was never sent to the topic is nobody's due. `byTopic.get(topic).get(epoch)` is sorted by offset.
 */
export function published (publications, records) {
  const byTopic = new Map()
  /** Where each publication is known to stand: nearly always one place. */
  const places = Array.from({ length: publications.length }, () => [])
  const add = (topic, epoch, offset, n) => {
    if (places[n].some((place) => place.offset === offset && place.epoch === epoch)) return
    places[n].push({ epoch, offset })
    if (!byTopic.has(topic)) byTopic.set(topic, new Map())
    const epochs = byTopic.get(topic)
    if (!epochs.has(epoch)) epochs.set(epoch, [])
    epochs.get(epoch).push({ n, offset })
  }
  for (const { n, topic, position } of publications) {
    if (position !== undefined) add(topic, position.epoch, position.offset, n)
  }
  for (const { topic, rows } of records) {
    for (const { kind, n, epoch, offset } of rows) {
      if (kind === 'publication' && publications[n]?.topic === topic) add(topic, epoch, offset, n)
    }
  }
  for (const epochs of byTopic.values()) {
    for (const list of epochs.values()) list.sort((one, other) => one.offset - other.offset)
  }
  return byTopic
}
