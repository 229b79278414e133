import { readFileSync } from 'node:fs'

/** Clock ticks of Linux in a second: fixed for user space on every architecture that matters. */
const TICKS = 100

/** Seconds of processor time that a process has used; 0 where nobody tells. */
export function cpuSeconds (pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return 0
  }
}
