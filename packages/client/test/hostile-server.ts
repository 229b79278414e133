import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** What a server does once it has read the request. */
export type Behaviour = (socket: Socket, request: string) => void

/** A TCP server that need not speak any protocol. */
export async function hostileServer (t: Test, behave: Behaviour): Promise<{ readonly url: string, readonly attempts: () => number }> {
  const sockets = new Set<Socket>()
  let attempts = 0
  const server = createServer((socket) => {
    attempts++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let request = ''
    socket.on('data', (chunk) => {
      if (request.includes('\r\n\r\n')) return
      request += chunk.toString('latin1')
      if (request.includes('\r\n\r\n')) behave(socket, request)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`, attempts: () => attempts }
}

export function accept (request: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? ''
  const digest = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${digest}\r\nSec-WebSocket-Protocol: realtime.v1.json\r\n\r\n`
}

export function textFrame (text: string): Buffer {
  const payload = Buffer.from(text)
  const head = payload.length < 126 ? Buffer.from([0x81, payload.length]) : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255])
  return Buffer.concat([head, payload])
}

export const welcomeFrame: Buffer = textFrame(JSON.stringify({ type: 'welcome', connection: 'c', principal: null, heartbeat: null, time: 0, subscriptions: [] }))
