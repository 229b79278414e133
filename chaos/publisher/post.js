import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** One attempt to publish, over HTTP. Resolves with what was published; rejects with why it was not, or may not have been. */
export function post (port, topic, publication, timeout) {
  const body = JSON.stringify(publication)
  return new Promise((resolve, reject) => {
    const call = request({
      agent, port, host: '127.0.0.1', method: 'POST', path: `/topics/${topic}/publications`, timeout,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode < 300) resolve(JSON.parse(Buffer.concat(chunks)))
        else reject(Object.assign(new Error(`HTTP ${response.statusCode}`), { retryAfter: response.headers['retry-after'] }))
      })
    })
    call.on('timeout', () => call.destroy(new Error('timeout')))
    call.on('error', reject)
    call.end(body)
  })
}
