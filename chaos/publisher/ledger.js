/** Every publication that was intended, and what became of it. */
export class Ledger {
  publications = []
  /** Attempts that failed: `{ at, took, why }`. */
  failures = []

  add (topic, at) {
    this.publications.push({ n: this.publications.length, topic, at, attempts: 0, ackedAt: undefined, position: undefined, duplicate: false })
  }

  get acknowledged () { return this.publications.reduce((sum, { ackedAt }) => ackedAt === undefined ? sum : sum + 1, 0) }
}
