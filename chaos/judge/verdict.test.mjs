import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdictOf } from './verdict.js'

const TOPIC = 'room:a:0'
const OTHER = 'room:b:1'

/** A run in which everything is as it should be: two tenants, one kick, one recovery of each client. */
function goodRun () {
  const publications = Array.from({ length: 100 }, (_, n) => ({
    n, topic: n % 2 === 0 ? TOPIC : OTHER, at: 1_000 + n * 10, ackedAt: 1_002 + n * 10, attempts: 1, position: { epoch: 'e', offset: Math.floor(n / 2) + 1 }
  }))
  const record = (client, topic) => {
    const own = publications.filter((publication) => publication.topic === topic)
      .map(({ n, at, position }) => ({ kind: 'publication', at: at + 3, n, ...position }))
    const live = { kind: 'live', n: -1, epoch: 'e', offset: 0, at: 900 }
    return { client, topic, foreign: [], rows: [live, ...own.slice(0, 20), { kind: 'recovered', n: -1, offset: -1, at: 1_600 }, ...own.slice(20)] }
  }
  const connections = [{ at: 800, open: true }, { at: 1_500, code: 1006 }, { at: 1_590, open: true }]
  const clients = ['a.0', 'a.2', 'b.1', 'b.3'].map((name) => ({ name, connections: [...connections], refused: [], errors: [] }))
  clients[0].refused.push({ topic: OTHER, code: 'forbidden' })
  const kick = { at: 500, kind: 'kick', names: clients.map(({ name }) => name) }
  return {
    plan: {
      timed: true, recoveries: 4, rate: 100, topics: [TOPIC, OTHER], history: { size: 500 }, faults: [kick], off: [],
      clients: clients.map(({ name }) => ({ name, forbidden: name === 'a.0' ? [OTHER] : [] }))
    },
    publications,
    records: [record('a.0', TOPIC), record('a.2', TOPIC), record('b.1', OTHER), record('b.3', OTHER), { client: 'a.0', topic: `not ${OTHER}`, rows: [], foreign: [] }],
    clients,
    failures: [],
    faults: [{ kind: 'kick', planned: kick, from: 1_500, to: 1_500, outcome: { reset: 4 } }],
    settled: true,
    log: [],
    started: 1_000
  }
}

const failed = (change, scenario = { checks: () => [] }) => {
  const run = goodRun()
  change(run)
  return verdictOf(scenario, run).checks.filter(({ ok }) => !ok).map(({ what }) => what)
}
const rows = (run) => run.records[0].rows

test('a good run is good', () => assert.deepEqual(failed(() => {}), []))

const faults = {
  'a publication that never came is lost without a word': [(run) => { rows(run).splice(10, 1) }, ['lost without a word']],
  'a tail that never came is lost without a word': [(run) => { rows(run).splice(-5) }, ['lost without a word']],
  'a publication that came twice': [(run) => { rows(run).push({ ...rows(run).at(-1) }) }, ['delivered twice']],
  'two publications the wrong way round': [(run) => { rows(run).splice(10, 2, rows(run)[11], rows(run)[10]) }, ['out of order']],
  'a publication that nobody published': [(run) => { rows(run).push({ ...rows(run).at(-1), n: 4_711, offset: 51 }) }, ['never published']],
  'a publication of the other tenant': [(run) => { rows(run).push({ ...rows(run).at(-1), n: 99, offset: 51 }) }, ['of another tenant or topic']],
  'data that claims another topic': [(run) => { run.records[1].foreign.push({ topic: OTHER }) }, ['of another tenant or topic']],
  'something that came to a client whose subscription was refused': [(run) => { run.records[4].foreign.push({ topic: OTHER }) }, ['of another tenant or topic']],
  'an intrusion that was not refused': [(run) => { run.clients[0].refused.length = 0 }, ['subscriptions to another tenant refused']],
  'a publication that stands in the history twice': [(run) => {
    for (const record of run.records.slice(0, 2)) record.rows.push({ ...record.rows.at(-1), offset: 51 })
  }, ['delivered twice', 'published twice in a history']],
  'a subscription that never went live': [(run) => { run.records[0].rows = [] }, ['subscriptions that never went live', 'recoveries']],
  'a client that does not come back': [(run) => { run.settled = false }, ['every client live at the end']],
  'a node that crashed': [(run) => { run.log.push({ at: 1_200, who: 'node-1', what: 'crashed with 1' }) }, ['nodes that ended by themselves']],
  'too little that was acknowledged': [(run) => {
    for (const publication of run.publications.slice(0, 6)) Object.assign(publication, { ackedAt: undefined })
  }, ['intended publications acknowledged']],
  'a fault that nobody felt': [(run) => {
    for (const client of run.clients) client.connections.splice(1)
    for (const record of run.records) record.rows = record.rows.map((row) => row.kind === 'recovered' ? { ...row, at: 90_000 } : row)
  }, ['faults that somebody felt']],
  'a fault that was planned and did not happen': [(run) => { run.plan.faults.push({ at: 900, kind: 'cut' }) }, ['faults that somebody felt']],
  'too few recoveries': [(run) => { run.plan.recoveries = 5 }, ['recoveries']],
  'a history that holds too little': [(run) => { run.plan.history.size = 400 }, ['history holds the traffic of']]
}
for (const [name, [change, expected]] of Object.entries(faults)) test(`found: ${name}`, () => assert.deepEqual(failed(change), expected))

test('milliseconds are judged only where the run is timed', () => {
  const scenario = { checks: () => [{ what: 'slow', value: 9, limit: '≤ 1 ms', timing: true, ok: false }] }
  assert.deepEqual(failed(() => {}, scenario), ['slow'])
  assert.deepEqual(failed((run) => { run.plan.timed = false }, scenario), [])
})

test('a control is good only when its check fails', () => {
  const breaks = ({ judged }) => ({ what: 'delivered twice', value: judged.faults.duplicate, ok: judged.faults.duplicate === 0 })
  assert.deepEqual(failed(() => {}, { breaks }), ['found: delivered twice'])
  assert.deepEqual(failed((run) => { rows(run).push({ ...rows(run).at(-1) }) }, { breaks }), [])
})
