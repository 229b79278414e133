import { contextOf } from './context.js'
import { judgeSubscription } from './subscription.js'
import { published } from './published.js'

/** What must be zero, whatever happens. */
export const forbidden = ['silent', 'duplicate', 'reorder', 'phantom', 'leak']

/** Judges every subscription's record against what was published. */
export function judge ({ publications, records, started = 0 }) {
  const held = published(publications, records)
  const topicOf = (n) => publications[n]?.topic
  const verdicts = { ok: 0, recovered: 0, signalled: 0, silent: 0, duplicate: 0, reorder: 0, phantom: 0, leak: 0 }
  const totals = { delivered: 0, recovered: 0, lost: 0, signalled: 0, repeated: 0 }
  const faults = { silent: 0, duplicate: 0, reorder: 0, phantom: 0, leak: 0 }
  const examples = []
  const lostEach = []
  let neverLive = 0
  for (const record of records) {
    const judged = judgeSubscription(record, held.get(record.topic) ?? new Map(), topicOf)
    // Whoever tried to intrude has no subscription, and must have got nothing.
    const intruder = record.topic.startsWith('not ')
    if (!intruder) verdicts[judged.verdict]++
    for (const name of Object.keys(totals)) totals[name] += judged.counts[name]
    for (const name of forbidden) {
      faults[name] += judged.faults[name].length
      for (const fault of judged.faults[name].slice(0, 2)) {
        if (examples.length < 20) examples.push({ verdict: name, client: record.client, topic: record.topic, ...fault, ...contextOf(record, fault, publications, started) })
      }
    }
    if (intruder) continue
    lostEach.push(judged.counts.lost)
    if (!judged.begun) neverLive++
  }
  return { verdicts, totals, faults, examples, lostEach, neverLive, doubled: doubled(held) }
}

/** Publications that stand in one history twice: the publisher's retry was taken for a new one. */
function doubled (held) {
  let count = 0
  for (const epochs of held.values()) {
    for (const list of epochs.values()) count += list.length - new Set(list.map(({ n }) => n)).size
  }
  return count
}
