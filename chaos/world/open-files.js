import { readFileSync } from 'node:fs'

/** Throws when this process, which holds both ends of every line, may not open as many files; Node has raised its limit already. */
export function needOpenFiles (needed, path = '/proc/self/limits') {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return
  }
  const limit = /^Max open files\s+(\S+)/m.exec(text)?.[1]
  if (Number(limit) < needed) throw new Error(`Expected to be allowed ${needed} open files, got ${limit}. Raise the hard limit (ulimit -Hn ${needed}) or run at a smaller --scale.`)
}
