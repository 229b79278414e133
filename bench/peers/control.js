import { createInterface } from 'node:readline'

/**
 * What the bench asks of a peer, one JSON object per line on standard input; the answer is one line on standard output.
 * `publish(room, data)` sends one publication to a room. Runs on Node and Bun.
 */
export function serve (port, publish, extra = {}) {
  const commands = { publish: (command) => publishPaced(publish, command), ...extra }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', async (line) => {
    const command = JSON.parse(line)
    const answer = await commands[command.do](command)
    process.stdout.write(JSON.stringify(answer ?? {}) + '\n')
  })
  lines.on('close', () => process.exit())
  process.stdout.write(JSON.stringify({ port }) + '\n')
}

/** Publishes `perTick` times to one room every `interval` milliseconds, evenly spaced whatever the timers do. */
function publishPaced (publish, { ticks, perTick, interval, size, rooms }) {
  return new Promise((resolve) => {
    const start = performance.now()
    let tick = 0
    const next = () => {
      while (tick < ticks && performance.now() >= start + tick * interval) {
        for (let i = 0; i < perTick; i++) publish(`room:${(tick * perTick + i) % rooms}`, payload(size))
        tick++
        // A turn of its own for each tick, also when the timer came late.
        if (tick < ticks && performance.now() >= start + tick * interval) return setImmediate(next)
      }
      if (tick === ticks) resolve({ ms: performance.now() - start })
      else setTimeout(next, Math.max(0, start + tick * interval - performance.now()))
    }
    next()
  })
}

let words = ''

/** Data that is `size` bytes as JSON, with the moment of its making. */
function payload (size) {
  if (words.length < size) words = Array.from({ length: size / 4 }, (_, i) => (i * 7919 % 9973).toString(36)).join(' ').padEnd(size, 'x')
  const at = (performance.timeOrigin + performance.now()).toFixed(3).padEnd(17, '0')
  return { at: Number(at), text: words.slice(0, Math.max(0, size - 36)) }
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
