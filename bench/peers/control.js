import { createInterface } from 'node:readline'

/**
 * What the bench asks of a peer, one JSON object per line on standard input; the answer is one line on standard output.
 * `publish(room, data)` sends one publication to a room; `more` has what only some peers can. Runs on Node and Bun.
 */
export function serve (port, publish, more = {}) {
  const commands = { publish: (command) => publishPaced(publish, command), ...more }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const command = JSON.parse(line)
    commands[command.do](command).then((answer) => process.stdout.write(JSON.stringify(answer) + '\n'), fail)
  })
  lines.on('close', () => process.exit())
  process.stdout.write(JSON.stringify({ port }) + '\n')
}

/** Ends the process, and with it the run that asked for what went wrong. */
export function fail (error) {
  process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}

/**
 * Publishes `perTick` times to one room every `interval` milliseconds. A tick that comes late makes the next ones later:
 * they are never nearer than half an interval, or a busy machine would turn single publications into bursts.
 */
async function publishPaced (publish, { ticks, perTick, interval, size, rooms }) {
  const start = performance.now()
  let due = start
  for (let tick = 0; tick < ticks; tick++) {
    await new Promise((resolve) => { setTimeout(resolve, Math.max(0, due - performance.now())) })
    for (let i = 0; i < perTick; i++) publish(`room:${(tick * perTick + i) % rooms}`, payload(size))
    due = Math.max(start + (tick + 1) * interval, performance.now() + interval / 2)
  }
  return { ms: performance.now() - start }
}

const words = Array.from({ length: 50_000 }, (_, i) => (i * 7919 % 99_991).toString(36)).join(' ')
let offset = 0

/** Data that is `size` bytes as JSON, with the moment of its making; each time other words, as in life. */
function payload (size) {
  const length = Math.max(0, size - 36)
  offset = (offset + 1_009) % (words.length - length)
  const at = (performance.timeOrigin + performance.now()).toFixed(3)
  return { at: Number(at), text: words.slice(offset, offset + length) }
}

export const options = JSON.parse(process.env.BENCH ?? '{}')

/** Connections by room, for peers that have no rooms of their own. */
export class Rooms {
  #rooms = new Map()

  join (room, connection) {
    const members = this.#rooms.get(room) ?? new Set()
    this.#rooms.set(room, members.add(connection))
  }

  leave (room, connection) {
    this.#rooms.get(room)?.delete(connection)
  }

  members (room) {
    return this.#rooms.get(room) ?? []
  }
}

export function roomOf (url) {
  return new URL(url, 'http://localhost').searchParams.get('room')
}
