import { connect } from 'node:net'
import { constants, inflateRawSync } from 'node:zlib'
import { clientFrame } from './client-frame.js'

/** One buffer for every socket's reads: what is in it is counted before the next read begins. */
const shared = Buffer.allocUnsafe(65_536)
const upgraded = /^HTTP\/1\.1 101 /
const ping = 9
const close = 8

const browserHeaders = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd', 'Accept-Language: en-GB,en;q=0.9,de;q=0.8', 'Cache-Control: no-cache', 'Pragma: no-cache',
  'Sec-Fetch-Dest: empty', 'Sec-Fetch-Mode: websocket', 'Sec-Fetch-Site: same-origin',
  `Cookie: session=${'s'.repeat(180)}; consent=${'c'.repeat(60)}; _ga=GA1.1.1234567890.1763000000`
].join('\r\n') + '\r\n'

/** A WebSocket client that knows just enough to count what comes. */
export class Connection {
  /** A publication's `at` is read by one connection in 50, for the latencies. */
  constructor (index, room, settings, tally) {
    this.room = room
    this.dialect = settings.dialect
    this.tally = tally
    this.sampled = index % 50 === 0
    this.state = 'upgrading'
    this.head = ''
    this.inflated = ''
    this.rest = undefined
    this.onReply = undefined
    this.ready = new Promise((resolve, reject) => { this.settle = { resolve, reject } })
    this.socket = connect({
      port: settings.port,
      host: '127.0.0.1',
      onread: { buffer: shared, callback: (size) => { this.read(shared.subarray(0, size)); return true } }
    })
    this.socket.setNoDelay(true)
    this.socket.on('connect', () => this.upgrade(index, settings))
    this.socket.on('error', (error) => this.settle.reject(error))
    this.socket.on('close', () => {
      if (this.state !== 'ending') tally.lost++
      this.settle.reject(new Error(`closed while ${this.state}: ${this.head.slice(0, 200)}`))
    })
  }

  upgrade (index, { port, browser, deflate }) {
    const protocols = this.dialect.protocols(index)
    this.socket.write(`GET ${this.dialect.path(this.room)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      (protocols === undefined ? '' : `Sec-WebSocket-Protocol: ${protocols}\r\n`) +
      (deflate ? 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n' : '') +
      (browser ? `Origin: http://127.0.0.1:${port}\r\n${browserHeaders}` : '') + '\r\n')
  }

  read (chunk) {
    if (this.state === 'upgrading') return this.readHead(chunk)
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk])
    const end = this.frames(bytes)
    this.rest = end === bytes.length ? undefined : Buffer.from(bytes.subarray(end))
  }

  readHead (chunk) {
    this.head += chunk.toString('latin1')
    const end = this.head.indexOf('\r\n\r\n')
    if (end === -1) return
    if (!upgraded.test(this.head)) return this.settle.reject(new Error(`refused: ${this.head.slice(0, 200)}`))
    const rest = Buffer.from(this.head.slice(end + 4), 'latin1')
    this.head = ''
    this.state = this.dialect.greet === undefined ? 'open' : 'greeting'
    if (this.state === 'open') this.settle.resolve()
    if (rest.length > 0) this.read(rest)
  }

  /** Takes every whole frame and answers where the rest begins. */
  frames (bytes) {
    let at = 0
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1] & 127
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      if (start > bytes.length) break
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      if (start + length > bytes.length) break
      this.frame(bytes, bytes[at], start, start + length)
      at = start + length
    }
    return at
  }

  frame (bytes, first, start, end) {
    const opcode = first & 15
    if (opcode === ping) return this.socket.write(clientFrame(bytes.subarray(start, end), 10))
    if (opcode === close) return this.socket.end()
    if (this.state === 'greeting') return this.greet(this.textOf(bytes.subarray(start, end), (first & 0x40) !== 0))
    // A compressed frame cannot be looked into; its first reserved bit is set.
    if ((first & 0x40) !== 0) this.tally.compressed++
    else if (end - start === 1 && bytes[start] === 50) return this.socket.write(clientFrame('3'))
    else if (!this.dialect.isCounted(bytes, start)) return
    else if (this.sampled) this.sample(bytes, start, end)
    this.tally.count(end - start)
    this.onReply?.()
  }

  /** What a greeting says. Each may lean on those before it when it is compressed (RFC 7692 section 7.2.2). */
  textOf (payload, compressed) {
    if (!compressed) return payload.toString()
    const tail = Buffer.from([0, 0, 255, 255])
    const text = inflateRawSync(Buffer.concat([payload, tail]), {
      finishFlush: constants.Z_SYNC_FLUSH, ...this.inflated.length > 0 && { dictionary: Buffer.from(this.inflated) }
    }).toString()
    this.inflated += text
    return text
  }

  greet (text) {
    try {
      if (!this.dialect.greet(text, (reply) => this.send(reply), this.room)) return
      this.state = 'open'
      this.settle.resolve()
    } catch (error) {
      this.settle.reject(error)
    }
  }

  sample (bytes, start, end) {
    const text = bytes.latin1Slice(start, end)
    const at = text.indexOf('"at":')
    if (at !== -1) this.tally.latencies.push(performance.timeOrigin + performance.now() - Number.parseFloat(text.slice(at + 5)))
  }

  send (text) {
    this.socket.write(clientFrame(text))
  }

  end () {
    this.state = 'ending'
    this.socket.destroy()
  }
}
