import { WebSocket } from 'ws'
import { issue } from './certificate.ts'
import { mtlsServer } from './server.ts'

const authority = issue({ name: 'Example authority', authority: true })
const app = await mtlsServer({ authority, server: issue({ name: 'localhost', issuer: authority, address: '127.0.0.1' }) })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as { port: number }

const sensor = issue({ name: 'sensor-7', issuer: authority })
const ws = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ca: authority.cert, cert: sensor.cert, key: sensor.key })
ws.on('message', (data: Buffer) => {
  console.log(data.toString())
  void app.close()
})
