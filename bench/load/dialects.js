import { token } from '../token.js'
import { handshakeDialects } from './handshake-dialects.js'

/**
 * How to talk to a peer, as little as counting needs.
 * - `path(room)` and `protocols(index)`: what the upgrade asks for
 * - `greet(text, send)`: takes what comes before the connection is ready; true once it is
 * - `isCounted(bytes, at)`: whether the payload that begins at `at` is a publication or a reply
 * - `echo(id, text)` and `chat(room, text)`: what the client says
 */
const plain = {
  path: (room) => `/ws?room=${encodeURIComponent(room)}`,
  protocols: () => undefined,
  greet: undefined,
  isCounted: () => true,
  echo: (id, text) => JSON.stringify({ type: 'echo', id, data: { text } }),
  chat: (room, text) => JSON.stringify({ type: 'chat.send', data: { room, text } })
}

const letter = { p: 112, r: 114, u: 117, e: 101 }

const realtime = {
  ...plain,
  path: () => '/ws',
  protocols: (index) => `realtime.v1.json, bearer.${Buffer.from(token(`user${index}`)).toString('base64url')}`,
  greet (text, send, room) {
    const { type, id } = JSON.parse(text)
    if (type === 'welcome') send(JSON.stringify({ type: 'subscribe', id: 'in', data: { topic: room } }))
    else if (type === 'failure') throw new Error(`subscribe failed: ${text}`)
    return type === 'reply' && id === 'in'
  },
  // `{"type":"publication"` and `{"type":"reply"`, not heartbeats and presence.
  isCounted: (bytes, at) => (bytes[at + 9] === letter.p && bytes[at + 10] === letter.u) || (bytes[at + 9] === letter.r && bytes[at + 10] === letter.e && bytes[at + 11] === letter.p)
}

const socketio = {
  path: (room) => `/socket.io/?EIO=4&transport=websocket&room=${encodeURIComponent(room)}`,
  protocols: () => undefined,
  greet (text, send) {
    if (text[0] === '0') send('40')
    return text.startsWith('40{')
  },
  // 4 message, then 2 event or 3 acknowledgement; a ping is a single 2.
  isCounted: (bytes, at) => bytes[at] === 52 && (bytes[at + 1] === 50 || bytes[at + 1] === 51),
  echo: (id, text) => `42${id}${JSON.stringify(['echo', { text }])}`,
  chat: (room, text) => `42${JSON.stringify(['chat.send', { room, text }])}`
}

export const dialects = { plain, realtime, socketio, ...handshakeDialects }
