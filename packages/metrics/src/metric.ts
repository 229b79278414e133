export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  /** Of histograms: the name with its suffix. */
  readonly metricName?: string
}

export interface Definition {
  /** Without the prefix. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
  /** Called at every scrape, and only then. */
  readonly read: (name: string) => Sample[]
}

/**
 * A metric that keeps nothing: what it shows is read where it is counted anyway. It is what a prom-client registry
 * calls a metric.
 */
export class Metric {
  // A registry for OpenMetrics takes the suffix off the name of a counter.
  name: string
  readonly help: string
  readonly type: Definition['type']
  readonly aggregator = 'sum'
  readonly #read: Definition['read']

  constructor (prefix: string, { name, type, help, read }: Definition) {
    this.name = prefix + name
    this.type = type
    this.help = help
    this.#read = read
  }

  async get (): Promise<{ name: string, help: string, type: string, aggregator: string, values: Sample[] }> {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: this.#read(name) }
  }

  /** prom-client's way to start anew; what is counted elsewhere is not ours to reset. */
  reset (): void {}
}

/** A single value without labels. */
export function value (read: () => number): Definition['read'] {
  return () => [{ value: read(), labels: {} }]
}
