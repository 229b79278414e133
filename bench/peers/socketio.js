// Socket.IO with its own rooms and acknowledgements, WebSocket transport only.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { options, serve } from './control.js'

const http = createServer()
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: options.deflate ? { threshold: 512 } : false
})

const publish = (room, data) => { io.to(room).emit('tick', data) }

io.on('connection', (socket) => {
  void socket.join(socket.handshake.query.room)
  socket.on('echo', (data, reply) => reply(data))
  socket.on('chat.send', ({ room, text }) => publish(room, { text }))
})
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => serve(http.address().port, publish))
