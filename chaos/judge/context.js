/** For findings: what the subscription was told just before and after, and how the publication went. */
export function contextOf (record, { n, offset }, publications, started) {
  const publication = publications[n]
  const after = record.rows.findIndex((row) => row.kind === 'publication' && row.offset > offset)
  const from = Math.max(0, (after === -1 ? record.rows.length : after) - 3)
  const show = ({ kind, at, n: number, offset: where }) => `${Math.round(at - started)} ms ${kind}${number >= 0 ? ` #${number}` : ''}${where >= 0 ? ` @${where % 1e6}` : ''}`
  return {
    published: publication && { at: Math.round(publication.at - started), acked: Math.round(publication.ackedAt - started), attempts: publication.attempts, duplicate: publication.duplicate },
    told: record.rows.slice(from, from + 6).map(show)
  }
}
