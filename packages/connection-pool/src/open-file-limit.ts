import { readFileSync } from 'node:fs'

/** What a system without limits to read, or without a limit, is taken for. */
const UNKNOWN = 65_536

/** Files and sockets that this process may have open; Node raises the soft limit to the hard one when it starts. */
export function openFileLimit (read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number {
  try {
    const found = /^Max open files +(\d+)/m.exec(read())?.[1]
    return found === undefined ? UNKNOWN : Number(found)
  } catch {
    return UNKNOWN
  }
}
