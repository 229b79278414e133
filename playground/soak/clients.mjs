import { connect } from 'node:net'
import { connectAndGreet } from '@fastify-realtime/testing'

// The clients' side of the soak, in a process of its own so that the server measures nothing but itself.
const [port, deed, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])]

/** Connects, subscribes, asks, and leaves in one of the ways in which clients leave. */
async function cycle (at) {
  const client = await connectAndGreet(`ws://127.0.0.1:${port}`, { token: `user-${at % 97}` })
  await client.request('subscribe', { topic: `room:${at % 31}` })
  await client.request('echo', 'here')
  if (at % 3 === 0) return client.socket.terminate()
  if (at % 3 === 1) await client.request('unsubscribe', { topic: `room:${at % 31}` })
  await client.close()
}

async function cycles () {
  let at = 0
  await Promise.all(Array.from({ length: 40 }, async () => {
    while (at < count) await cycle(at++)
  }))
}

/** Sockets that take their 101 and read nothing more. */
async function readers () {
  const open = (at) => new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').once('error', reject)
    const token = Buffer.from(`user-${at}`).toString('base64url')
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: realtime.v1.json, bearer.${token}\r\n\r\n`)
    socket.once('data', () => {
      socket.pause()
      resolve()
    })
  })
  for (let at = 0; at < count; at += 50) await Promise.all(Array.from({ length: 50 }, (_, more) => open(at + more)))
}

await (deed === 'cycles' ? cycles() : readers())
process.send('done')
process.on('disconnect', () => process.exit())
process.on('message', () => process.exit())
