import { readFileSync } from 'node:fs'
import t from 'tap'
import { authMetrics } from '../src/auth-metrics.ts'
import type { Definition } from '../src/metric.ts'
import { defaults } from '../src/options.ts'
import { poolMetrics } from '../src/pool-metrics.ts'
import { broadcastMetrics, brokerMetrics, heartbeatMetrics, presenceMetrics } from '../src/sister-metrics.ts'
import { broadcast, broker, heartbeat, presence, TestAuth, TestPool } from './fixtures.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function row ({ name, type, labels = [], help }: Definition): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`.replace('|  |', '| |')
}

void t.test('the table of metrics is the source', async t => {
  const all = [
    ...poolMetrics(new TestPool().pool), ...authMetrics(new TestAuth()), ...heartbeatMetrics(heartbeat), ...broadcastMetrics(broadcast),
    ...brokerMetrics(broker), ...presenceMetrics(presence)
  ]
  const table = /\| metric \|.*\n\|[-|]+\|\n((?:\|.*\n)*)/.exec(readme)?.[1]
  t.equal(table, all.map((definition) => `${row(definition)}\n`).join(''))
})

void t.test('defaults and error codes are those of the source', async t => {
  t.match(readme, `| \`${defaults.path}\` |`)
  t.match(readme, `| \`${defaults.prefix}\` |`)
  t.match(readme, '`FRT_ERR_METRICS_OPTION`')
})
