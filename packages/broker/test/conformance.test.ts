import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { brokerConformance } from '../src/conformance.ts'
import { combine, guard, memoryBroker, memoryHub } from '../src/index.ts'
import type { Broker } from '../src/index.ts'
import { Wire, WiredBroker } from './fixtures/wired-broker.ts'

const options = { quiet: 5 }

/** The broker without what it can do beyond carrying records. */
function bare (broker: Broker): Broker {
  return {
    name: 'bare',
    start: (sink) => broker.start(sink),
    publish: (record, details) => broker.publish(record, details),
    subscribe: (channel, topic) => broker.subscribe(channel, topic),
    unsubscribe: (channel, topic) => broker.unsubscribe(channel, topic),
    stop: () => broker.stop()
  }
}

void t.test('memory', async (t) => {
  const tables: string[] = []
  brokerConformance((name, run) => t.test(name, run), {
    name: 'memory',
    create () {
      const clock = fakeClock()
      const hub = memoryHub({ clock })
      return {
        node: () => memoryBroker({ hub }),
        pass: (ms) => clock.pass(ms),
        async end () { t.equal(clock.pending, 0, 'no timer is left') }
      }
    }
  }, { ...options, report: (table) => tables.push(table) })
  void t.test('its table', async (t) => {
    t.equal(tables.length, 1)
    t.matchOnly(tables[0]?.split('\n'), [
      '| broker | memory |', '|---|---|', '| delivery | yes |', '| patterns | yes |', '| idempotency | yes |', '| history | yes |',
      '| presence | yes |', '| records | yes |', '| outage | not tried |', '| foreign bytes | not tried |'
    ])
  })
})

void t.test('memory under guard', async (t) => {
  brokerConformance((name, run) => t.test(name, run), {
    name: 'guarded memory',
    create () {
      const clock = fakeClock()
      const hub = memoryHub({ clock })
      return { node: () => guard(memoryBroker({ hub })), pass: (ms) => clock.pass(ms) }
    }
  }, { ...options, report () {} })
})

void t.test('combined brokers', async (t) => {
  brokerConformance((name, run) => t.test(name, run), {
    name: 'combined',
    create () {
      const clock = fakeClock()
      const [one, two, three] = [memoryHub({ clock }), memoryHub({ clock }), memoryHub({ clock })]
      return {
        pass: (ms) => clock.pass(ms),
        node: () => combine(bare(memoryBroker({ hub: one })), {
          history: memoryBroker({ hub: two }),
          presence: memoryBroker({ hub: three }),
          records: memoryBroker({ hub: three })
        })
      }
    }
  }, { ...options, report () {} })
})

void t.test('a broker with an outage, foreign bytes and no capability', async (t) => {
  const wired = {
    name: 'wired',
    create () {
      const [hub, wire] = [memoryHub(), new Wire()]
      return {
        node: () => new WiredBroker(hub, wire),
        outage: wire,
        inject: (channel: string, topic: string, bytes: Uint8Array) => wire.inject(channel, topic, bytes)
      }
    }
  }
  brokerConformance((name, run) => t.test(name, run), wired, options)
})

void t.test('a broker with an outage that keeps its history', async (t) => {
  brokerConformance((name, run) => t.test(name, run), {
    name: 'wired with history',
    create () {
      const clock = fakeClock()
      const [hub, wire] = [memoryHub({ clock }), new Wire()]
      return {
        node: () => Object.assign(new WiredBroker(hub, wire), { history: hub.history }),
        pass: (ms) => clock.pass(ms),
        outage: wire
      }
    }
  }, { ...options, report () {} })
})
