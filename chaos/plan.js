/** What a run is made of when the scenario does not say otherwise. */
const defaults = {
  nodes: 3,
  loads: 2,
  broker: 'redis',
  fsync: 'always',
  maxDelay: 2_000,
  positionCheck: 1_000,
  probeInterval: 2_000,
  topicsEach: 5,
  /** Bytes of padding in the publications of a topic. */
  padOf: () => 64,
  /** The topics of a client, of those that its tenant has; `undefined` leaves it to chance. */
  topicsOf: () => undefined,
  off: []
}

/**
 * How long is waited, in milliseconds: until a silent peer counts as dead (`beat`, `heartbeatTimeout`), until everything is
 * acknowledged and everybody is back (`end`), and without news until nothing more is expected (`quiet`). The history `holds` so
 * many seconds of the traffic.
 */
const PATIENCE = { beat: { interval: 5_000, timeout: 4_000 }, heartbeatTimeout: 3_000, connectTimeout: 10_000, end: 25_000, quiet: 2_500, holds: 10 }
/** Where time is not judged, a process that got no processor for seconds must not look dead. */
const LONG_PATIENCE = { beat: { interval: 15_000, timeout: 15_000 }, heartbeatTimeout: 20_000, connectTimeout: 20_000, end: 90_000, quiet: 5_000, holds: 30 }

/** A run with fewer recoveries proves little; at a smaller scale there are fewer. */
const LEAST_RECOVERIES = 200

/**
 * Makes the world of a scenario out of its numbers: tenants, topics, clients, history and faults.
 * At scale 1 the numbers are those that the project promises. `timed`: whether limits in milliseconds are judged.
 */
export function makePlan (scenario, { random, scale, timed }) {
  const scaled = (number, least = 1) => Math.max(least, Math.round(number * scale))
  const plan = {
    ...defaults, timed, ...timed ? PATIENCE : LONG_PATIENCE, recoveries: Math.ceil(LEAST_RECOVERIES * Math.min(1, scale)), ...scenario.plan({ random, scaled }), off: scenario.off ?? []
  }
  const topics = Array.from({ length: plan.topics }, (_, index) => `room:${tenantOf(index)}:${index}`)
  const ofTenant = { a: topics.filter((_, index) => tenantOf(index) === 'a'), b: topics.filter((_, index) => tenantOf(index) === 'b') }
  const clients = Array.from({ length: plan.clients }, (_, index) => {
    const tenant = tenantOf(index)
    const others = ofTenant[tenant === 'a' ? 'b' : 'a']
    return { name: `${tenant}.${index}`, topics: plan.topicsOf(index, ofTenant[tenant]) ?? random.sample(ofTenant[tenant], plan.topicsEach), forbidden: index % 5 === 0 ? [random.pick(others)] : [] }
  })
  const history = plan.history ?? { size: Math.max(20, Math.ceil(plan.rate / plan.topics * plan.holds)), ttl: 300_000 }
  const faults = plan.faults(clients.map(({ name }) => name)).sort((one, other) => one.at - other.at)
  const { padOf, topicsOf: _, ...numbers } = plan
  return { ...numbers, topics, pads: topics.map((_, index) => padOf(index)), clients, history, faults }
}

const tenantOf = (index) => index % 2 === 0 ? 'a' : 'b'

/** Moments for `count` faults, spread over the run but not evenly; the first and last seconds are left in peace. */
export function moments (random, count, seconds, { from = 2, until = seconds - 2 } = {}) {
  const width = (until - from) / count
  return Array.from({ length: count }, (_, index) => Math.round((from + width * (index + random.between(0.1, 0.6))) * 1_000))
}
