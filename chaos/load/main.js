import { setTimeout as sleep } from 'node:timers/promises'
import { answer, settings, tell } from '../world/answering.js'
import { epochNames } from './record.js'
import { Subscriber } from './subscriber.js'
import { weakenClient } from './weakened-client.js'

await weakenClient(settings.off)
const subscribers = []

answer({
  /** Clients come a few at a time, as they do in life. */
  async begin ({ url, clients, perTick }) {
    for (const [index, client] of clients.entries()) {
      subscribers.push(new Subscriber({ ...client, url, maxDelay: settings.maxDelay }))
      if (index % perTick === perTick - 1) await sleep(20)
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
  }),
  end: () => Promise.all(subscribers.map((subscriber) => subscriber.close())).then(() => {})
})
tell('ready')
