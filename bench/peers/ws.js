// What people write with `ws`: a set of sockets per room and a loop that sends.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { options, roomOf, Rooms, serve } from './control.js'

const rooms = new Rooms()
const http = createServer()
const sockets = new WebSocketServer({ server: http, perMessageDeflate: options.deflate ? { threshold: 512 } : false })

function publish (room, data) {
  const text = JSON.stringify({ type: 'publication', topic: room, event: 'tick', data })
  for (const socket of rooms.members(room)) {
    if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }
}

sockets.on('connection', (socket, request) => {
  const room = roomOf(request.url)
  rooms.join(room, socket)
  socket.on('close', () => rooms.leave(room, socket))
  socket.on('error', () => {})
  socket.on('message', (text) => {
    const { type, id, data } = JSON.parse(text)
    if (type === 'echo') socket.send(JSON.stringify({ type: 'reply', id, data }))
    else if (type === 'chat.send') publish(data.room, { text: data.text })
  })
})
http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => serve(http.address().port, publish))
