import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'

/** Clock ticks of /proc/<pid>/stat; 100 a second on every Linux of today. */
const ticksPerSecond = 100

/** Microseconds of processor time that a process has taken, its own and the kernel's for it, all threads. */
export function cpuOf (pid) {
  return scheduled(pid) ?? ticked(pid)
}

/** To the nanosecond, of the threads that live. None that servers start ends before they do. */
function scheduled (pid) {
  try {
    const times = readdirSync(`/proc/${pid}/task`).map((thread) => Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1')))
    return times.reduce((sum, time) => sum + time) / 1_000
  } catch {
    return undefined
  }
}

/** In clock ticks of 10 ms, for kernels that keep no better account. */
function ticked (pid) {
  // The name in parentheses may hold anything, so what is counted begins behind the last one.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 1_000_000 / ticksPerSecond
}

/** Bytes of memory that a process has in RAM. */
export function memoryOf (pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1_024
}

/** What puts a command on one core: nothing where taskset or a second core is missing. */
export function pinned (core) {
  if (availableParallelism() < 2) return []
  try {
    execFileSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' })
    return ['taskset', '-c', String(core)]
  } catch {
    return []
  }
}

/** How many files a process may have open; a socket is one. */
export function openFiles () {
  return Number(execFileSync('sh', ['-c', 'ulimit -n']).toString().trim())
}

export function describe () {
  const pins = pinned(0).length > 0 ? 'server on core 0, load on core 1' : 'not pinned'
  return `Node ${process.version}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores (${pins}), Linux ${execFileSync('uname', ['-r']).toString().trim()}`
}
