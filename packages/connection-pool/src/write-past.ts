import { Socket } from 'node:net'
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'

/** What of a socket is needed to write past its stream. */
export interface Passable {
  /** As `setTimeout` set it. */
  readonly timeout?: number | undefined
  /** What a stream calls when it has something to write: `done` is called at once when the kernel took everything. */
  _write (bytes: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): unknown
}

/** Is told later of what the kernel did not take at once. */
export interface Writer {
  /** The kernel took the rest, or will not. */
  taken (error?: Error | null): void
}

/** Node's own object below a socket. It is not documented. */
export interface Handle {
  /**
   * Answers 0, or the negative number of a system error; nothing when the socket is gone. The request belongs to the write when the
   * kernel did not take everything at once.
   */
  writeBuffer (request: object, bytes: Buffer): number | undefined
}

/**
 * Hands bytes to the kernel past the stream of a plain socket, in which nothing may wait. Answers whether the kernel took all of
 * them; if not, the writer is told when it did. Of a failure the writer is told at once.
 */
export type WritePast = (handle: Handle, socket: Passable, bytes: Buffer, writer: Writer) => boolean

/** What a handle tells that a write under way has ended, and holds until then. */
interface WriteRequest {
  oncomplete?: (status: number) => void
  bytes?: Buffer
  /** `FREE` while no write has it. */
  getAsyncId (): number
}

type RequestClass = new () => WriteRequest

/** What a stream calls the encoding of bytes. */
const BUFFER = 'buffer' as BufferEncoding

/** The id of what Node has not begun yet. */
const FREE = -1

/**
 * The handle of a plain socket, which keeps the order of what is written past its stream and then by it. In a TLS socket that would
 * abort the process. `undefined` for all others.
 */
export function handleOf (sink: object): Handle | undefined {
  if (Object.getPrototypeOf(sink) !== Socket.prototype) return undefined
  return (sink as { _handle?: Handle | null })._handle ?? undefined
}

/** Through the method that a stream calls when it has something to write. */
export function pastStream (): WritePast {
  /** Is told when the kernel took a write. One serves all that are taken at once, which are nearly all. */
  class Receipt {
    writer: Writer | undefined
    readonly done = (error?: Error | null): void => {
      const { writer } = this
      // Before it is told, since it may write again.
      this.writer = undefined
      if (error || this !== receipt) writer?.taken(error)
    }
  }

  let receipt = new Receipt()

  return (_handle, socket, bytes, writer) => {
    receipt.writer = writer
    socket._write(bytes, BUFFER, receipt.done)
    if (receipt.writer === undefined) return true
    receipt = new Receipt()
    return false
  }
}

/**
 * To the handle itself: a fifteenth of a delivery less, since Node would make a request for every write, and look at timers.
 * A socket whose owner has set a timeout goes past its stream, which begins it anew, and so does everything without a class of requests.
 */
export function toHandle (Request: RequestClass | undefined, otherwise: WritePast): WritePast {
  if (Request === undefined) return otherwise
  let request = new Request()

  return (handle, socket, bytes, writer) => {
    if (socket.timeout) return otherwise(handle, socket, bytes, writer)
    const status = handle.writeBuffer(request, bytes)
    // Not whether something waits: what the kernel takes at the second attempt is under way, too, until that is told.
    if (status === 0 && request.getAsyncId() === FREE) return true
    const underWay = request
    request = new Request()
    if (status !== 0) {
      writer.taken(writeError(status))
      return true
    }
    underWay.bytes = bytes
    underWay.oncomplete = (ended) => writer.taken(ended === 0 ? undefined : writeError(ended))
    return false
  }
}

/**
 * Node's class of requests, which it does not export, where the caller of a handle has to bring one; `undefined` where a handle
 * makes its own, as since Node 26.
 *
 * @param socket one without a handle.
 */
export function requestClass (socket: Socket = new Socket()): RequestClass | undefined {
  let found: RequestClass | undefined
  const handle = {
    writeBuffer (request: { readonly constructor: RequestClass }): number {
      found = request.constructor
      return 0
    }
  }
  try {
    Object.assign(socket, { _handle: handle })._write(Buffer.alloc(0), BUFFER, () => {})
    return found !== undefined && new found().getAsyncId() === FREE ? found : undefined
  } catch {
    return undefined
  }
}

/** What is no error number is an answer that a handle does not give today: whatever it means, the bytes must not be written again. */
function writeError (status: unknown): Error {
  const errno = typeof status === 'number' && status < 0 ? status : -constants.errno.EBADF
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`write ${code}`), { code, errno, syscall: 'write' })
}

/** The cheapest way that this Node has. */
export const writePast: WritePast = toHandle(requestClass(), pastStream())
