import type { Broker } from '../contract.ts'
import type { Bench } from './bench.ts'
import type { ConformanceCluster } from './subject.ts'

/** One fact that a broker must hold. */
export interface Check {
  readonly name: string
  run (bench: Bench): Promise<void>
}

/** Facts that belong together: a row of the capability table. */
export interface Section {
  readonly name: string
  /** Whether the checks make sense; `absent` is a capability that the broker lacks. */
  applies (broker: Broker, cluster: ConformanceCluster): 'yes' | 'absent' | 'not tried'
  readonly checks: readonly Check[]
}
