import { once } from 'node:events'
import { connect } from 'node:net'
import { hostileFrame } from '@fastify-realtime/testing'

// The clients' side of the soak, in a process of its own so that the server measures nothing but itself. By hand, because
// a client of a library takes more of the processor than the server that is looked at.
const [port, deed, count] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])]

/** Offers a token and settles when the upgrade is answered; `said` waits until the server has said something so many times. */
async function open (user) {
  const socket = connect(port, '127.0.0.1')
  const ended = new Promise((resolve) => socket.once('close', resolve).on('error', resolve))
  let [text, wake] = ['', () => {}]
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    wake()
  })
  const early = ended.then(() => { throw new Error(`the server ended it after ${text}`) })
  early.catch(() => {})
  const said = async (words, times = 1) => {
    while (text.split(words).length <= times) await Promise.race([new Promise((resolve) => { wake = resolve }), early])
  }
  socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: realtime.v1.json, ' +
    `bearer.${Buffer.from(user).toString('base64url')}\r\n\r\n`)
  await said('101 Switching Protocols')
  return { socket, said, ended }
}

const message = (type, id, data) => hostileFrame({ payload: JSON.stringify({ type, id, data }) })

/** Connects, subscribes, asks, and leaves in one of the ways in which clients leave. */
async function cycle (at) {
  const { socket, said, ended } = await open(`user-${at % 97}`)
  await said('"type":"welcome"')
  const topic = `room:${at % 31}`
  socket.write(Buffer.concat([message('subscribe', 'a', { topic }), message('echo', 'b', 'here')]))
  await said('"type":"reply"', 2)
  if (at % 3 === 0) return socket.resetAndDestroy()
  if (at % 3 === 1) {
    socket.write(message('unsubscribe', 'c', { topic }))
    await said('"type":"reply"', 3)
  }
  socket.write(hostileFrame({ opcode: 8, payload: Buffer.of(3, 232) }))
  await ended
}

async function cycles () {
  let at = 0
  await Promise.all(Array.from({ length: 40 }, async () => {
    while (at < count) await cycle(at++)
  }))
}

/** Sockets that take their 101 and read nothing more. */
async function readers () {
  for (let at = 0; at < count; at += 50) {
    await Promise.all(Array.from({ length: 50 }, async (_, more) => {
      const { socket } = await open(`user-${at + more}`)
      socket.pause()
    }))
  }
}

await (deed === 'cycles' ? cycles() : readers())
process.send('done')
process.once('disconnect', () => process.exit())
await once(process, 'message')
process.exit()
