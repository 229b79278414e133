import type { Broker } from '../contract.ts'

/** A group of nodes that see one another, and nothing of earlier groups. */
export interface ConformanceCluster {
  /** A new node's broker, not started. Every call makes another node. */
  node (): Broker
  /** Frees what belongs to the group; its nodes are stopped by then. */
  end? (): Promise<void>
  /** Lets time pass for a broker with a fake clock. Default: really waits. */
  pass? (ms: number): Promise<void>
  /** Cuts all nodes from the engine, and joins them again. Without it the outage checks are not tried. */
  readonly outage?: {
    begin (): Promise<void>
    end (): Promise<void>
  }
  /** Puts bytes that are no record onto a topic, past the adapter. Without it that check is not tried. */
  inject? (channel: string, topic: string, bytes: Uint8Array): Promise<void>
}

export interface ConformanceSubject {
  /** Names the column of the table. */
  readonly name: string
  /** A fresh group for each check. */
  create (): ConformanceCluster | Promise<ConformanceCluster>
}

export interface ConformanceOptions {
  /** How long a check waits for what must happen, in milliseconds. Default 5,000. */
  readonly patience?: number
  /** How long a check watches that something does not happen, in milliseconds. Default 50. */
  readonly quiet?: number
  /** Gets the capability table when all checks have run. Default: writes it to standard output as comments. */
  readonly report?: (table: string) => void
}
