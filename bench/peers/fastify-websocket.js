// @fastify/websocket as its README shows it: a handler per socket, and a loop over the sockets to reach many.
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { options, roomOf, Rooms, serve } from './control.js'

const rooms = new Rooms()
const app = Fastify()
await app.register(websocket, { options: { perMessageDeflate: options.deflate ? { threshold: 512 } : false } })

function publish (room, data) {
  const text = JSON.stringify({ type: 'publication', topic: room, event: 'tick', data })
  for (const socket of rooms.members(room)) {
    if (socket.readyState === 1) socket.send(text)
  }
}

app.get('/ws', { websocket: true }, (socket, request) => {
  const room = roomOf(request.url)
  rooms.join(room, socket)
  socket.on('close', () => rooms.leave(room, socket))
  socket.on('message', (text) => {
    const { type, id, data } = JSON.parse(text)
    if (type === 'echo') socket.send(JSON.stringify({ type: 'reply', id, data }))
    else if (type === 'chat.send') publish(data.room, { text: data.text })
  })
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
serve(app.server.address().port, publish)
