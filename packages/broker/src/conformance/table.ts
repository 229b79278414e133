export type Verdict = 'yes' | 'absent' | 'not tried' | 'FAILS'

/** What a broker can do, one row per section. */
export class CapabilityTable {
  readonly #name: string
  readonly #rows = new Map<string, Verdict>()

  constructor (name: string) {
    this.#name = name
  }

  /** A failure stays. */
  note (section: string, verdict: Verdict): void {
    if (this.#rows.get(section) !== 'FAILS') this.#rows.set(section, verdict)
  }

  /** As Markdown. */
  toString (): string {
    const rows = [...this.#rows].map(([section, verdict]) => `| ${section} | ${verdict} |`)
    return [`| broker | ${this.#name} |`, '|---|---|', ...rows].join('\n')
  }
}
