// Socket.IO with its own rooms and acknowledgements, WebSocket transport only.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { options, serve } from './control.js'

const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: options.deflate ? { threshold: 512 } : false,
  ...options.redis && { adapter: await redisAdapter(options.redis) }
})

/** As the README of the adapter has it, with the client that it names first. */
async function redisAdapter (url) {
  const { createClient } = await import('redis')
  const { createAdapter } = await import('@socket.io/redis-adapter')
  const publishing = createClient({ url })
  const subscribing = publishing.duplicate()
  await Promise.all([publishing.connect(), subscribing.connect()])
  return createAdapter(publishing, subscribing)
}

const publish = (room, data) => { io.to(room).emit('tick', data) }

io.on('connection', (socket) => {
  void socket.join(socket.handshake.query.room)
  socket.on('echo', (data, reply) => reply(data))
  socket.on('chat.send', ({ room, text }) => publish(room, { text }))
})
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => serve(http.address().port, publish))
