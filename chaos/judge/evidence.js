import { kinds, ROW } from '../load/record.js'

const names = Object.fromEntries(Object.entries(kinds).map(([name, number]) => [number, name]))

/** Reads what the load processes sent: epochs get their names back, rows become objects. */
export function readEvidence (parts) {
  return {
    clients: parts.flatMap(({ clients }) => clients),
    records: parts.flatMap(({ epochs, records }) => records.map((record) => ({ ...record, rows: readRows(record.rows, epochs) })))
  }
}

function readRows (rows, epochs) {
  const read = []
  for (let at = 0; at < rows.length; at += ROW) {
    const [kind, time, n, epoch, offset] = rows.subarray(at, at + ROW)
    read.push({ kind: names[kind], at: time, n, epoch: epochs[epoch], offset })
  }
  return read
}
