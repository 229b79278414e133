import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePlan } from './plan.js'
import { Random } from './random.js'
import { scenarios } from './scenarios/index.js'

const planOf = (scenario, seed, scale = 1) => makePlan(scenario, { random: new Random(seed), scale, timed: true })
const scenarioOf = (name) => scenarios.find((scenario) => scenario.name === name)

test('a seed repeats the plan of every scenario, another one changes it', () => {
  for (const scenario of scenarios) assert.deepEqual(planOf(scenario, 7), planOf(scenario, 7), scenario.name)
  const [one, other] = [7, 8].map((seed) => planOf(scenarioOf('kicked'), seed))
  assert.notDeepEqual(one.clients, other.clients)
  assert.notDeepEqual(one.faults, other.faults)
})

test('every plan holds 10 s of traffic in its history and has two tenants, each with somebody who intrudes on the other', () => {
  for (const scenario of scenarios) {
    for (const scale of [0.2, 1]) {
      const { history, rate, topics, clients } = planOf(scenario, 1, scale)
      assert.ok(history.size >= rate / topics.length * 10, scenario.name)
      const tenants = new Set(clients.map(({ name }) => name.split('.')[0]))
      assert.deepEqual(tenants, new Set(['a', 'b']), scenario.name)
      const intruders = clients.filter(({ forbidden }) => forbidden.length > 0).map(({ name }) => name.split('.')[0])
      assert.deepEqual(new Set(intruders), tenants, scenario.name)
      for (const { name, topics: own, forbidden } of clients) {
        const tenant = name.split('.')[0]
        assert.ok(own.length > 0 && own.every((topic) => topic.startsWith(`room:${tenant}:`)))
        assert.ok(forbidden.every((topic) => !topic.startsWith(`room:${tenant}:`)))
      }
    }
  }
})

test('faults come in order and within the run', () => {
  for (const scenario of scenarios) {
    const { faults, seconds } = planOf(scenario, 3)
    assert.ok(faults.length > 0, scenario.name)
    faults.forEach(({ at, lasts = 0 }, index) => {
      assert.ok(at > 0 && at + lasts <= seconds * 1_000, scenario.name)
      assert.ok(index === 0 || at >= faults[index - 1].at, scenario.name)
    })
  }
})

test('scale 1 is the load that is promised', () => {
  const load = (name) => {
    const { clients, topics, rate, seconds, faults, broker } = planOf(scenarioOf(name), 1)
    return { clients: clients.length, topics: topics.length, rate, seconds, broker, kills: faults.filter(({ kind }) => kind === 'broker-kill').length }
  }
  assert.deepEqual(load('kicked'), { clients: 100, topics: 50, rate: 500, seconds: 40, broker: 'redis', kills: 0 })
  assert.deepEqual(load('redis-killed'), { clients: 60, topics: 50, rate: 2_000, seconds: 25, broker: 'redis', kills: 5 })
  assert.deepEqual(load('nats-killed'), { clients: 60, topics: 50, rate: 2_000, seconds: 25, broker: 'nats', kills: 3 })
  assert.deepEqual(load('rolling-restart'), { clients: 3_000, topics: 300, rate: 300, seconds: 32, broker: 'redis', kills: 0 })
  assert.equal(load('cut-all').clients, 5_000)
  assert.equal(planOf(scenarioOf('redis-stopped'), 1).faults.find(({ kind }) => kind === 'broker-stop').lasts, 15_000)
  const kicks = planOf(scenarioOf('kicked'), 1).faults.flatMap(({ names }) => names)
  for (const { name } of planOf(scenarioOf('kicked'), 1).clients) assert.equal(kicks.filter((kicked) => kicked === name).length, 20)
})

test('every push runs both brokers and controls', () => {
  const short = scenarios.filter((scenario) => scenario.short)
  assert.deepEqual(new Set(short.map((scenario) => planOf(scenario, 1, 0.2).broker)), new Set(['nats', 'redis']))
  assert.ok(short.filter(({ breaks }) => breaks !== undefined).length >= 2)
})
