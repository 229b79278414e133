import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, BrokerRecord, PublishOptions, PublishResult } from '../contract.ts'
import type { ConformanceCluster } from './subject.ts'

/** One started node, and what its broker told it. */
export interface BenchNode {
  readonly broker: Broker
  readonly got: BrokerRecord[]
  readonly states: boolean[]
  publish (record: BrokerRecord, options?: PublishOptions): Promise<PublishResult>
}

/** What a check works with; everything it takes is freed at its end. */
export class Bench {
  readonly cluster: ConformanceCluster
  readonly #patience: number
  readonly #quiet: number
  readonly #brokers: Broker[] = []
  #ids = 0

  constructor (cluster: ConformanceCluster, patience: number, quiet: number) {
    this.cluster = cluster
    this.#patience = patience
    this.#quiet = quiet
  }

  async node (): Promise<BenchNode> {
    const broker = this.cluster.node()
    const got: BrokerRecord[] = []
    const states: boolean[] = []
    this.#brokers.push(broker)
    await broker.start({ deliver: (record) => { got.push(record) }, state: (up) => { states.push(up) } })
    return { broker, got, states, publish: (record, options) => broker.publish(record, options) }
  }

  async pair (): Promise<[BenchNode, BenchNode]> {
    return [await this.node(), await this.node()]
  }

  record (topic: string, fields: Partial<BrokerRecord> = {}): BrokerRecord {
    return { channel: 'c', topic, event: 'e', id: `id-${++this.#ids}`, time: 1_700_000_000_000, payload: '{"n":1}', ...fields }
  }

  /** Waits until it is true. */
  async eventually (condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + this.#patience
    while (!condition()) {
      assert.ok(performance.now() < deadline, `in vain for ${this.#patience} ms: ${what}`)
      await sleep(2)
    }
  }

  /** Does the work, or fails when it hangs. */
  async settles<T> (work: Promise<T>, what: string, patience: number = this.#patience): Promise<T> {
    const done = new AbortController()
    const late = sleep(patience, undefined, { signal: done.signal }).then(() => assert.fail(`hangs: ${what}`))
    try {
      return await Promise.race([work, late])
    } finally {
      done.abort()
    }
  }

  /** Long enough to see that nothing comes. */
  async quiet (): Promise<void> {
    await sleep(this.#quiet)
  }

  async pass (ms: number): Promise<void> {
    if (this.cluster.pass === undefined) await sleep(ms)
    else await this.cluster.pass(ms)
  }

  /** Runs a check, which consists of several waits. */
  async run (check: { readonly name: string, run (bench: Bench): Promise<void> }): Promise<void> {
    await this.settles(check.run(this), check.name, 4 * this.#patience)
  }

  async end (): Promise<void> {
    for (const broker of this.#brokers) await this.settles(broker.stop(), 'stop')
    await this.cluster.end?.()
  }
}

export function ids (records: readonly BrokerRecord[]): string[] {
  return records.map((record) => record.id)
}

export function at<T> (items: readonly T[], index: number): T {
  const item = items[index]
  assert.ok(item !== undefined, `there is no item ${index}`)
  return item
}

/** That it rejects as unavailable, and in time. */
export async function rejectsUnavailable (bench: Bench, work: Promise<unknown>, what: string): Promise<void> {
  await assert.rejects(bench.settles(work, what), { code: 'FRT_ERR_BROKER_UNAVAILABLE' }, what)
}
