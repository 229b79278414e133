/** What a run is made of when the scenario does not say otherwise. */
const defaults = {
  nodes: 3,
  loads: 2,
  fsync: 'always',
  maxDelay: 2_000,
  positionCheck: 1_000,
  probeInterval: 2_000,
  topicsEach: 5,
  off: []
}

/** Makes the world of a scenario out of its numbers: tenants, topics, clients, and a history that holds 10 s of traffic. */
export function makePlan (random, given) {
  const plan = { ...defaults, ...given }
  const topics = Array.from({ length: plan.topics }, (_, index) => `room:${tenantOf(index)}:${index}`)
  const clients = Array.from({ length: plan.clients }, (_, index) => {
    const tenant = tenantOf(index)
    const own = topics.filter((topic) => topic.split(':')[1] === tenant)
    const others = topics.filter((topic) => topic.split(':')[1] !== tenant)
    return { name: `${tenant}.${index}`, topics: random.sample(own, plan.topicsEach), forbidden: index % 10 === 0 ? [random.pick(others)] : [] }
  })
  const history = plan.history ?? { size: Math.max(20, Math.ceil(plan.rate / plan.topics * 10)), ttl: 300_000 }
  const names = clients.map(({ name }) => name)
  const faults = plan.faults(names).sort((one, other) => one.at - other.at)
  return { ...plan, topics, clients, names, history, faults }
}

const tenantOf = (index) => index % 2 === 0 ? 'a' : 'b'

/** Moments for `count` faults, spread over the run but not evenly; the first and last seconds are left in peace. */
export function moments (random, count, seconds, { from = 2, until = seconds - 2 } = {}) {
  const width = (until - from) / count
  return Array.from({ length: count }, (_, index) => Math.round((from + width * (index + random.between(0.1, 0.6))) * 1_000))
}
