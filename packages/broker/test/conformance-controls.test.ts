import t from 'tap'
import { fakeClock } from '@fastify-realtime/testing'
import { brokerConformance } from '../src/conformance.ts'
import type { ConformanceSubject } from '../src/conformance.ts'
import { memoryBroker, memoryHub } from '../src/index.ts'
import type {
  Broker, BrokerRecord, BrokerSink, HistoryPage, HistoryStore, MemoryHub, PresenceStore, PublishOptions, RecordStore
} from '../src/index.ts'
import { Wire, WiredBroker } from './fixtures/wired-broker.ts'

/** Runs the suite against a broker and answers the names of the facts that it breaks. */
async function broken (subject: ConformanceSubject): Promise<{ readonly facts: string[], readonly table: string }> {
  const tests: Array<readonly [name: string, run: () => Promise<void>]> = []
  const facts: string[] = []
  let table = ''
  brokerConformance((name, run) => tests.push([name, run]), subject, {
    patience: 50, quiet: 2, report: (text) => { table = text }
  })
  for (const [name, run] of tests) await run().catch(() => facts.push(name))
  return { facts, table }
}

type Whole = Broker & { readonly history: HistoryStore, readonly presence: PresenceStore, readonly records: RecordStore }

/** The same broker as an object whose methods can be replaced one by one. */
function open (inner: Broker, hub: MemoryHub): Whole {
  return {
    name: 'control',
    patterns: true,
    start: (sink) => inner.start(sink),
    publish: (record, options) => inner.publish(record, options),
    subscribe: (channel, topic) => inner.subscribe(channel, topic),
    unsubscribe: (channel, topic) => inner.unsubscribe(channel, topic),
    stop: () => inner.stop(),
    history: { ...hub.history },
    presence: { ...hub.presence },
    records: { ...hub.records }
  }
}

function withSink (broker: Broker, change: (sink: BrokerSink) => BrokerSink['deliver']): Broker {
  return { ...broker, start: (sink) => broker.start({ state () {}, deliver: change(sink) }) }
}

function withPublish (broker: Broker, change: (record: BrokerRecord, options: PublishOptions) => readonly [BrokerRecord, PublishOptions]): Broker {
  return { ...broker, publish: (record, options = {}) => broker.publish(...change(record, options)) }
}

function withPage (broker: Whole, change: (page: HistoryPage) => HistoryPage): Broker {
  const { history } = broker
  return { ...broker, history: { ...history, read: async (...query) => change(await history.read(...query)) } }
}

let nodes = 0

/** One defect each, and the fact that must notice it. */
const defects: Record<string, readonly [fact: RegExp, (broker: Whole) => Broker]> = {
  'delivers inside publish': [/never called inside publish/, (broker) => {
    let told: BrokerSink | undefined
    return {
      ...broker,
      start (sink) {
        told = sink
        return broker.start({ state () {}, deliver () {} })
      },
      publish (record, options) {
        told?.deliver(record)
        return broker.publish(record, options)
      }
    }
  }],
  'keeps records from their publisher': [/the publisher too/, (broker) => {
    const own = new Set<string>()
    const deaf = withSink(broker, (sink) => (record) => { if (!own.has(record.id)) sink.deliver(record) })
    return withPublish(deaf, (record, options) => {
      own.add(record.id)
      return [record, options]
    })
  }],
  'loses a field': [/as it was published/, (broker) => withPublish(broker, ({ except: _except, ...record }, options) => [record, options])],
  'makes bytes of everything': [/text stays text/, (broker) => withPublish(broker, (record, options) =>
    [{ ...record, payload: Buffer.from(record.payload) }, options])],
  'knows one channel': [/other topics and channels/, (broker) => ({
    ...broker,
    publish: (record, options) => broker.publish({ ...record, channel: 'c' }, options),
    subscribe: (_channel, topic) => broker.subscribe('c', topic)
  })],
  'has an order per node': [/see one order/, (broker) => {
    const odd = nodes++ % 2 === 0
    let held: BrokerRecord | undefined
    return withSink(broker, (sink) => (record) => {
      // Swaps neighbours on the node where it began, which is never the same place on all nodes.
      if (held === undefined && (odd || record.id.startsWith('b'))) held = record
      else {
        sink.deliver(record)
        if (held !== undefined) sink.deliver(held)
        held = undefined
      }
    })
  }],
  'settles subscribe too early': [/every later record comes/, (broker) => ({
    ...broker,
    async subscribe (channel, topic) { setTimeout(() => { void broker.subscribe(channel, topic).catch(() => {}) }, 1) }
  })],
  'counts subscriptions': [/twice is the same as once/, (broker) => {
    let count = 0
    return {
      ...broker,
      subscribe (channel, topic) {
        count++
        return broker.subscribe(channel, topic)
      },
      async unsubscribe (channel, topic) {
        if (--count === 0) await broker.unsubscribe(channel, topic)
      }
    }
  }],
  'never unsubscribes': [/nothing more comes/, (broker) => ({ ...broker, async unsubscribe () {} })],
  'drops what waits at stop': [/loses no accepted work/, (broker) => {
    let stopped = false
    return {
      ...broker,
      async publish (record, options) {
        await Promise.resolve()
        return stopped ? { duplicate: false } : broker.publish(record, options)
      },
      stop () {
        stopped = true
        return broker.stop()
      }
    }
  }],
  'publishes after stop': [/stopped node/, (broker) => ({ ...broker, publish: (record, options) => broker.publish(record, options).catch(() => ({ duplicate: false })) })],
  'takes a pattern for a prefix': [/exactly one level/, (broker) => ({
    ...broker,
    publish: (record, options) =>
      broker.publish(record.topic === 'price:1:2' ? { ...record, topic: 'price:1' } : record, options)
  })],
  'tells a record for the topic and for its pattern': [/gets each record once/, (broker) => {
    const wanted = new Set<string>()
    const doubling = withSink(broker, (sink) => (record) => {
      sink.deliver(record)
      if (wanted.has('price:*') && wanted.has(record.topic)) sink.deliver(record)
    })
    return {
      ...doubling,
      subscribe (channel, topic) {
        wanted.add(topic)
        return broker.subscribe(channel, topic)
      }
    }
  }],
  'lets a lone asterisk cover everything': [/lone asterisk/, (broker) => withPublish(broker, (record, options) =>
    [record.topic === 'a:b' ? { ...record, topic: 'ab' } : record, options])],
  'lies about the version before': [/which version it follows/, (broker) => ({
    ...broker,
    presence: {
      ...broker.presence,
      join: async (topic, entry) => ({ ...await broker.presence.join(topic, entry), previous: 0 })
    }
  })],
  'ignores ids': [/published once/, (broker) => withPublish(broker, (record) => [record, {}])],
  'remembers ids without their topic': [/is no duplicate/, (broker) => {
    const seen = new Set<string>()
    return {
      ...broker,
      async publish (record, options = {}) {
        if (options.dedupe !== undefined && seen.has(record.id)) return { duplicate: true }
        seen.add(record.id)
        return broker.publish(record, options)
      }
    }
  }],
  'remembers ids for ever': [/the id is free again/, (broker) => withPublish(broker, (record, options) =>
    [record, { ...options, ...options.dedupe !== undefined && { dedupe: 1e9 } }])],
  'ignores versions': [/version that is not above/, (broker) => withPublish(broker, ({ version: _version, ...record }, options) => [record, options])],
  'delivers without position': [/carries its position/, (broker) => withSink(broker, (sink) => ({ position: _position, ...record }) => sink.deliver(record))],
  'keeps what has no history': [/only what was published with history/, (broker) => withPublish(broker, (record) =>
    [record, { history: { size: 10, ttl: 1_000 } }])],
  'tells no position of a duplicate': [/where the first one stands/, (broker) => ({
    ...broker,
    async publish (record, options) {
      const result = await broker.publish(record, options)
      return result.duplicate ? { duplicate: true } : result
    }
  })],
  'reads a page that is behind its position': [/no gap/, (broker) => withPage(broker, (page) =>
    ({ ...page, records: page.records.slice(0, -1) }))],
  'ignores before': [/before pages back/, (broker) => ({
    ...broker,
    history: { ...broker.history, read: (channel, topic, { before: _before, ...query }) => broker.history.read(channel, topic, query) }
  })],
  'calls a caught-up reader incomplete': [/gets nothing, and that is complete/, (broker) => withPage(broker, (page) =>
    ({ ...page, complete: page.records.length > 0 }))],
  'hides what the size pushed out': [/size pushed out/, (broker) => withPage(broker, (page) => ({ ...page, complete: true }))],
  'hides what grew too old': [/grew too old/, (broker) => withPublish(broker, (record, options) =>
    [record, options.history === undefined ? options : { ...options, history: { ...options.history, ttl: 1e9 } }])],
  'does not look at epochs': [/another epoch/, (broker) => withPage(broker, (page) => ({ ...page, complete: true }))],
  'makes up positions': [/has a position, the same/, (broker) => ({
    ...broker, history: { ...broker.history, position: async () => ({ epoch: String(Math.random()), offset: 0 }) }
  })],
  'does not fold connections': [/fold into one member/, (broker) => ({
    ...broker,
    presence: { ...broker.presence, join: (topic, entry) => broker.presence.join(topic, { ...entry, principal: entry.connection }) }
  })],
  'starts versions again': [/version grows/, (broker) => ({
    ...broker,
    presence: { ...broker.presence, leave: async (topic, connection) => ({ ...await broker.presence.leave(topic, connection), version: 0 }) }
  })],
  'keeps the first entry': [/newest entry/, (broker) => {
    const joined = new Set<string>()
    return {
      ...broker,
      presence: {
        ...broker.presence,
        async join (topic, entry) {
          if (joined.has(entry.connection)) return { changed: false, version: 0 }
          joined.add(entry.connection)
          return broker.presence.join(topic, entry)
        }
      }
    }
  }],
  'lists everybody': [/list is bounded/, (broker) => ({
    ...broker, presence: { ...broker.presence, list: (topic) => broker.presence.list(topic, Infinity) }
  })],
  'tells every join as a change': [/racing joins and leaves/, (broker) => ({
    ...broker,
    presence: { ...broker.presence, join: async (topic, entry) => ({ ...await broker.presence.join(topic, entry), changed: true }) }
  })],
  'never reaps': [/are reaped/, (broker) => ({ ...broker, presence: { ...broker.presence, reap: async () => [] } })],
  'tells everybody who was reaped': [/told to exactly one/, (broker) => ({
    ...broker,
    presence: {
      ...broker.presence,
      async reap () {
        const gone = await broker.presence.reap()
        return [...gone, ...gone]
      }
    }
  })],
  'does not renew leases': [/renewed lease/, (broker) => {
    let renewed = 0
    return {
      ...broker,
      presence: {
        ...broker.presence,
        async renew (node, ttl) { if (renewed++ < 1) await broker.presence.renew(node, Math.min(ttl, 300)) }
      }
    }
  }],
  'deletes nothing': [/until it is deleted/, (broker) => ({ ...broker, records: { ...broker.records, async delete () {} } })],
  'reads what begins with the key': [/by its key alone/, (broker) => ({
    ...broker, records: { ...broker.records, get: async (key) => (await broker.records.list(key))[0]?.value }
  })],
  'takes a prefix for a pattern': [/taken literally/, (broker) => ({
    ...broker, records: { ...broker.records, list: (prefix) => broker.records.list(prefix.slice(0, 1)) }
  })],
  'keeps records for ever': [/time to live/, (broker) => ({
    ...broker, records: { ...broker.records, put: (key, value) => broker.records.put(key, value, 1e9) }
  })],
  'lets everybody win': [/exactly one puts/, (broker) => ({
    ...broker, records: { ...broker.records, putIfAbsent: async () => true }
  })],
  'hangs at stop': [/nothing, publishes nothing and stops/, (broker) => {
    let stops = 0
    return { ...broker, stop: () => ++stops === 2 ? new Promise(() => {}) : broker.stop() }
  }]
}

for (const [name, [fact, spoil]] of Object.entries(defects)) {
  void t.test(`a broker that ${name} fails`, async (t) => {
    const { facts, table } = await broken({
      name: 'control',
      create () {
        const clock = fakeClock()
        const hub = memoryHub({ clock })
        return { node: () => spoil(open(memoryBroker({ hub }), hub)), pass: (ms) => clock.pass(ms) }
      }
    })
    t.match(facts.join('\n'), fact)
    t.match(table, 'FAILS')
  })
}

/** Defects of the connection. */
const wires: Record<string, readonly [fact: RegExp, (broker: WiredBroker, hub: MemoryHub) => void]> = {
  'does not tell an outage': [/an outage is told/, (broker) => { broker.changed = async () => {} }],
  'hangs during an outage': [/refuses work in time/, (broker) => {
    const publish = broker.publish.bind(broker)
    broker.publish = (record, options) => publish(record, options).catch(() => new Promise(() => {}))
  }],
  'forgets its subscriptions': [/come back by themselves/, (broker) => {
    const changed = broker.changed.bind(broker)
    broker.changed = async (up) => {
      await changed(up)
      if (up) await broker.unsubscribe('c', 't')
    }
  }],
  'forgets without a new epoch': [/acknowledged before it is there/, (broker, { history }) => {
    const changed = broker.changed.bind(broker)
    let forgot = false
    broker.changed = async (up) => {
      forgot = up
      await changed(up)
    }
    broker.history = { ...history, read: async (...query) => ({ ...await history.read(...query), ...forgot && { records: [] } }) }
  }],
  'promises a subscription that it forgets': [/when it settles it holds/, (broker) => {
    const subscribe = broker.subscribe.bind(broker)
    broker.subscribe = (channel, topic) => subscribe(channel, topic).catch(() => {})
  }],
  'does not count foreign bytes': [/dropped and counted/, (broker) => { broker.foreign = () => {} }]
}

for (const [name, [fact, spoil]] of Object.entries(wires)) {
  void t.test(`a broker that ${name} fails`, async (t) => {
    const { facts } = await broken({
      name: 'control',
      create () {
        const [hub, wire] = [memoryHub(), new Wire()]
        return {
          node () {
            const broker = new WiredBroker(hub, wire)
            spoil(broker, hub)
            return broker
          },
          pass: async () => {},
          outage: wire,
          inject: (channel, topic, bytes) => wire.inject(channel, topic, bytes)
        }
      }
    })
    t.match(facts.join('\n'), fact)
  })
}
