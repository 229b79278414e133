import { now } from '../now.js'

/** What a row of a subscription's record tells. */
export const kinds = { publication: 0, live: 1, recovered: 2, lost: 3, ended: 4 }

/** Numbers in a row: kind, time, publication number, epoch (an index), offset. */
export const ROW = 5

const epochs = new Map()
const indexOf = (epoch) => {
  if (!epochs.has(epoch)) epochs.set(epoch, epochs.size)
  return epochs.get(epoch)
}

/** What one subscription was told, in order: the evidence that is judged. */
export class SubscriptionRecord {
  #rows = []

  constructor (client, topic) {
    this.client = client
    this.topic = topic
    /** Publications of another topic than its own, or with data of none of ours. */
    this.foreign = []
  }

  publication ({ topic, data, position }) {
    if (topic !== this.topic || data?.topic !== this.topic || !Number.isInteger(data?.n)) this.foreign.push({ topic, data })
    else this.#row(kinds.publication, data.n, position)
  }

  live (position) { this.#row(kinds.live, -1, position) }
  recovered (recovered) { this.#row(recovered ? kinds.recovered : kinds.lost, -1, undefined) }
  ended () { this.#row(kinds.ended, -1, undefined) }

  get last () { return this.#rows.length / ROW }

  toJSON () {
    return { client: this.client, topic: this.topic, foreign: this.foreign, rows: Float64Array.from(this.#rows) }
  }

  #row (kind, n, position) {
    this.#rows.push(kind, now(), n, position === undefined ? -1 : indexOf(position.epoch), position?.offset ?? -1)
  }
}

export const epochNames = () => [...epochs.keys()]
