// Bun's own server with its publish and subscribe, which is uWebSockets. Run by bun, not by node.
import { options, roomOf, serve } from './control.js'

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch (request, server) {
    if (server.upgrade(request, { data: { room: roomOf(request.url) } })) return
    return new Response('not a WebSocket', { status: 404 })
  },
  websocket: {
    perMessageDeflate: options.deflate === true,
    open: (socket) => { socket.subscribe(socket.data.room) },
    message (socket, text) {
      const { type, id, data } = JSON.parse(text)
      if (type === 'echo') socket.send(JSON.stringify({ type: 'reply', id, data }))
      else if (type === 'chat.send') publish(data.room, { text: data.text })
    }
  }
})

function publish (room, data) {
  server.publish(room, JSON.stringify({ type: 'publication', topic: room, event: 'tick', data }), options.deflate === true)
}

serve(server.port, publish)
