import { Bench } from './conformance/bench.ts'
import type { Check, Section } from './conformance/check.ts'
import { delivery } from './conformance/delivery.ts'
import { foreign, outage } from './conformance/faults.ts'
import { history } from './conformance/history.ts'
import { idempotency } from './conformance/idempotency.ts'
import { patterns } from './conformance/patterns.ts'
import { presence } from './conformance/presence.ts'
import { records } from './conformance/records.ts'
import type { ConformanceOptions, ConformanceSubject } from './conformance/subject.ts'
import { CapabilityTable } from './conformance/table.ts'
import type { Verdict } from './conformance/table.ts'

export type { ConformanceCluster, ConformanceOptions, ConformanceSubject } from './conformance/subject.ts'

/** Declares one test: `test` of node:test, tap or any runner that runs them one after the other, in order. */
export type DeclareTest = (name: string, run: () => Promise<void>) => unknown

const sections: readonly Section[] = [delivery, patterns, idempotency, history, presence, records, outage, foreign]

async function run (check: Check, section: Section, subject: ConformanceSubject, options: ConformanceOptions): Promise<Verdict> {
  const { patience = 5_000, quiet = 50 } = options
  const cluster = await subject.create()
  const bench = new Bench(cluster, patience, quiet)
  try {
    const applies = section.applies(cluster.node(), cluster)
    if (applies === 'yes') await bench.run(check)
    return applies
  } finally {
    await bench.end()
  }
}

/**
 * Holds a broker to the contract. Declares one test per fact; a capability that the broker lacks passes and shows in
 * the capability table, which the last test reports.
 */
export function brokerConformance (test: DeclareTest, subject: ConformanceSubject, options: ConformanceOptions = {}): void {
  const table = new CapabilityTable(subject.name)
  for (const section of sections) {
    for (const check of section.checks) {
      void test(`${section.name}: ${check.name}`, async () => {
        try {
          table.note(section.name, await run(check, section, subject, options))
        } catch (error) {
          table.note(section.name, 'FAILS')
          throw error
        }
      })
    }
  }
  void test('capability table', async () => {
    const { report = (text) => process.stdout.write(text.replace(/^/gm, '# ') + '\n') } = options
    report(table.toString())
  })
}
