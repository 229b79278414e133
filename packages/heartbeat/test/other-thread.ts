import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

// Another thread, because clients of this one would stand still together with the server.
const script = `
const { workerData, parentPort } = require('node:worker_threads')
const { WebSocket } = require(workerData.ws)
let open = 0
for (let n = 0; n < workerData.count; n++) {
  const socket = new WebSocket(workerData.url, { autoPong: false })
  socket.on('open', () => {
    if (++open === workerData.count) parentPort.postMessage('open')
  })
  socket.on('ping', (data) => setTimeout(() => socket.pong(data), workerData.latency))
  socket.on('error', () => {})
}
`

/** Clients in a thread of their own, which answer pings after `latency` milliseconds whatever this thread does. */
export async function otherThread (url: string, count: number, latency: number): Promise<Worker> {
  const ws = createRequire(import.meta.url).resolve('ws')
  const worker = new Worker(script, { eval: true, execArgv: [], workerData: { ws, url, count, latency } })
  await once(worker, 'message')
  return worker
}
