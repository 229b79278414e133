// The load process: obeys one JSON object per line on standard input and answers each with one line.
import { createInterface } from 'node:readline'
import { Connection } from './connection.js'
import { dialects } from './dialects.js'
import { Tally } from './tally.js'

const tally = new Tally()
const connections = []

const commands = {
  /** Opens `count` connections, at most `atOnce` unfinished, spread over `rooms`. */
  async connect ({ port, count, rooms, dialect, browser = false, deflate = false, atOnce = 100 }) {
    const settings = { port, dialect: dialects[dialect], browser, deflate }
    const start = performance.now()
    const open = async () => {
      while (connections.length < count) {
        const index = connections.length
        const connection = new Connection(index, `room:${index % rooms}`, settings, tally)
        connections.push(connection)
        await connection.ready
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, open))
    return { open: connections.length, ms: performance.now() - start }
  },

  async reset () {
    tally.reset()
  },

  async wait ({ frames, timeout }) {
    return await tally.wait(frames, timeout)
  },

  /** Every connection says something in its room `each` times, all of them spread evenly over `over` ms. */
  async chat ({ each, over, size }) {
    const text = 'x'.repeat(size)
    const total = each * connections.length
    await paced(total, over, (n) => {
      const connection = connections[n % connections.length]
      connection.send(connection.dialect.chat(connection.room, text))
    })
  },

  /** Every connection asks `each` times, one question after the other. */
  async ask ({ each, size }) {
    const text = 'x'.repeat(size)
    await Promise.all(connections.map((connection) => new Promise((resolve) => {
      let asked = 0
      connection.onReply = () => {
        if (asked === each) return resolve()
        connection.send(connection.dialect.echo(String(asked++), text))
      }
      connection.onReply()
    })))
  }
}

function paced (total, over, act) {
  return new Promise((resolve) => {
    const start = performance.now()
    let done = 0
    const next = () => {
      const due = Math.min(total, Math.ceil((performance.now() - start) / over * total))
      while (done < due) act(done++)
      if (done === total) resolve()
      else setTimeout(next, 1)
    }
    next()
  })
}

const lines = createInterface({ input: process.stdin })
const answer = (line) => process.stdout.write(JSON.stringify(line) + '\n')
lines.on('line', (line) => {
  const command = JSON.parse(line)
  commands[command.do](command).then((result) => answer(result ?? {}), (error) => answer({ error: error.message }))
})
lines.on('close', () => {
  for (const connection of connections) connection.end()
  process.exit()
})
