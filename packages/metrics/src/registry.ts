/** What of prom-client's `Registry` is used; bring your own, or any object that does the same. */
export interface MetricsRegistry {
  /** Throws when the name is taken. */
  registerMetric (metric: object): void
  /** Everything, as text. */
  metrics (): Promise<string>
  readonly contentType: string
}
