import { setTimeout as sleep } from 'node:timers/promises'
import { answer, settings, tell } from '../world/answering.js'
import { epochNames } from './record.js'
import { Subscriber } from './subscriber.js'
import { weakenClient } from './weakened-client.js'

/** Clients that may be on their way in at a time: a run begins without a herd. */
const MOST_COMING = 40

await weakenClient(settings.off)
const subscribers = []

answer({
  async begin ({ url, clients }) {
    let coming = []
    for (const client of clients) {
      while (coming.length >= MOST_COMING) {
        await sleep(5)
        coming = coming.filter(({ live }) => !live)
      }
      const subscriber = new Subscriber({ ...client, url, options: settings.client })
      subscribers.push(subscriber)
      coming.push(subscriber)
    }
  },
  state: () => ({
    live: subscribers.filter(({ live }) => live).length,
    told: subscribers.reduce((sum, { records }) => records.reduce((told, { last }) => told + last, sum), 0)
  }),
  evidence: () => ({
    epochs: epochNames(),
    clients: subscribers.map(({ name, connections, refused, errors }) => ({ name, connections, refused, errors })),
    records: subscribers.flatMap(({ records }) => records.map((record) => record.toJSON()))
  })
})
tell('ready')
