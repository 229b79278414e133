import { connect } from '@fastify-realtime/client'
import { WebSocket } from 'ws'
import { now } from '../now.js'
import { SubscriptionRecord } from './record.js'

/** One client of the published package, and a record of all that it was told. */
export class Subscriber {
  records = []
  /** `{ at, open }` or `{ at, code, retryIn }`: every connection and every loss of one. */
  connections = []
  /** Topics that were refused, as they must be. */
  refused = []
  errors = []
  #client

  constructor ({ name, url, topics, forbidden, options }) {
    this.name = name
    this.#client = connect(`${url}?as=${name}`, { WebSocket, ...options })
    this.#client.on('open', () => this.connections.push({ at: now(), open: true }))
    this.#client.on('close', ({ code, retryIn, wanted }) => { if (!wanted) this.connections.push({ at: now(), code, retryIn }) })
    this.#client.on('error', (error) => this.errors.push(String(error)))
    for (const topic of topics) this.#subscribe(topic)
    for (const topic of forbidden) this.#intrude(topic)
  }

  get live () { return this.#client.state === 'open' && this.subscriptions.every(({ live }) => live) }
  subscriptions = []

  close () { return this.#client.close() }

  #subscribe (topic) {
    const record = new SubscriptionRecord(this.name, topic)
    this.records.push(record)
    const subscription = this.#client.subscribe(topic, {
      onPublication: (publication) => record.publication(publication),
      onLive: () => record.live(subscription.position),
      onRecovered: (recovered) => record.recovered(recovered),
      onEnd: () => record.ended()
    })
    this.subscriptions.push(subscription)
  }

  /** Another tenant's topic: whatever comes of it is a leak. */
  #intrude (topic) {
    const record = new SubscriptionRecord(this.name, `not ${topic}`)
    this.records.push(record)
    this.#client.subscribe(topic, {
      onPublication: (publication) => record.publication(publication),
      onEnd: (error) => this.refused.push({ topic, code: error?.code })
    })
  }
}
