import { readFileSync } from 'node:fs'

/** How often a full listen queue turned a connection away since the machine started; `undefined` where nobody counts. */
export function listenOverflows (path = '/proc/net/netstat') {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const [names, values] = text.split('\n').filter((line) => line.startsWith('TcpExt:')).map((line) => line.split(/\s+/))
  return Number(values[names.indexOf('ListenOverflows')])
}
