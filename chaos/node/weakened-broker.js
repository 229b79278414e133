/**
 * The broker, counted; and, for controls, without one of its defences. Weakening happens here, around it: the
 * packages know nothing of it.
 */
export function weakened (broker, { counts, off }) {
  return {
    name: broker.name,
    patterns: broker.patterns,
    get malformed () { return broker.malformed },
    presence: broker.presence,
    records: broker.records,
    history: {
      read: (...args) => { counts.reads++; return broker.history.read(...args) },
      position: (...args) => { counts.positions++; return broker.history.position(...args) }
    },
    start: (sink) => broker.start({
      deliver: (record) => sink.deliver(record),
      state (up) {
        counts.changes++
        if (!off.includes('outage-check')) sink.state(up)
      }
    }),
    publish: (record, options) => broker.publish(record, off.includes('idempotency') ? { ...options, dedupe: undefined } : options),
    subscribe: (...args) => broker.subscribe(...args),
    unsubscribe: (...args) => broker.unsubscribe(...args),
    stop: () => broker.stop()
  }
}
