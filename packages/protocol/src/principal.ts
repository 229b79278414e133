/** Who a connection acts for. Add your own fields by declaration merging; `null` in its place means anonymous. */
export interface Principal {
  /** 1–200 bytes, unique among the principals of the app. */
  readonly id: string
}
