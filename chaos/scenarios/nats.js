import { backAfterBroker, nobodyDropped, nothingSignalled, returned, toldOnceEach } from './checks.js'
import { kickAll, kills } from './faults.js'

export const natsKilled = {
  name: 'nats-killed',
  title: 'JetStream is killed under load',
  short: true,
  plan: ({ random, scaled }) => {
    const seconds = Math.max(10, scaled(25))
    return {
      broker: 'nats', seconds, clients: scaled(60), topics: scaled(50), topicsEach: 4, rate: scaled(2_000),
      faults: (names) => [...kickAll(names, 1_000), ...kills(random, scaled(3, 2), seconds)]
    }
  },
  checks: (facts) => [nothingSignalled(facts), nobodyDropped(facts), backAfterBroker(5_000)(facts)]
}

export const natsEmptied = {
  name: 'nats-emptied',
  title: 'JetStream comes back without its files',
  plan: ({ scaled }) => ({
    broker: 'nats', clients: scaled(100), topics: scaled(30), rate: scaled(400), seconds: 12,
    faults: (names) => [...kickAll(names, 1_000), { at: 5_000, kind: 'broker-empty' }]
  }),
  checks: (facts) => [nobodyDropped(facts), toldOnceEach(facts)]
}

export const natsNodeKilled = {
  name: 'nats-node-killed',
  title: 'A node is killed, another is cut off from NATS',
  plan: ({ scaled }) => ({
    broker: 'nats', seconds: 18, clients: scaled(100), topics: scaled(50), rate: scaled(300),
    faults: () => [
      { at: 3_000, kind: 'node-kill', node: 1, lasts: 2_500 },
      { at: 8_000, kind: 'broker-cut', node: 2, lasts: 1_500 },
      { at: 12_000, kind: 'node-kill', node: 0, lasts: 2_500 }
    ]
  }),
  checks: (facts) => [nothingSignalled(facts), returned(3_000)(facts)]
}
