import { closeReasons, failureEnvelope, isDecodeError, isFailure, isMessageFailure, isReply, messageFailure, readMessage } from '@fastify-realtime/protocol'
import type { Clock, Codec, Failure, FailureCode, Message } from '@fastify-realtime/protocol'
import type { PooledConnection } from './connection.ts'

/** Failures that a peer brings upon itself by sending what it should not. */
const OFFENCES: ReadonlySet<FailureCode> = new Set<FailureCode>(['bad-message', 'unknown-type', 'invalid-data', 'rate-limited'])

/** They have a limit of their own, so that a client which comes back with many topics never bans itself. */
const UNCOUNTED: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe'])

/** What becomes of a frame that came: decoded, counted, answered, put into the inbox, or refused. */
export class Reception {
  readonly #clock: Clock

  constructor (clock: Clock) {
    this.#clock = clock
  }

  received (connection: PooledConnection, data: Buffer, binary: boolean): void {
    const now = this.#clock.now()
    const { codec } = connection
    const light = connection.manners.bytes(now, data.length)
    if (codec === null) {
      if (!light || !connection.manners.message(now)) connection.close(closeReasons.rate)
    } else if (codec.binary !== binary) {
      connection.close(closeReasons.badMessage)
    } else {
      const message = read(connection, codec, data)
      if (message !== undefined) this.#sort(connection, message, now, light)
    }
  }

  /** A ping, or a pong that nobody asked for. */
  nudged (connection: PooledConnection): void {
    if (!connection.manners.control(this.#clock.now())) connection.close(closeReasons.rate)
  }

  /** Counts a failure that went to the peer, and ends the connection when there were too many. */
  failed (connection: PooledConnection, { code }: Failure): void {
    if (!OFFENCES.has(code) || connection.manners.error(this.#clock.now())) return
    connection.close(code === 'rate-limited' ? closeReasons.rate : closeReasons.tooManyErrors)
  }

  #sort (connection: PooledConnection, message: Message, now: number, light: boolean): void {
    const answers = isReply(message) || isFailure(message)
    if (answers && connection.answer(message)) return
    const counted = UNCOUNTED.has(message.type) || connection.manners.message(now)
    if (!light || !counted) return this.#refuse(connection, message, connection.manners.wait(now))
    if (!answers && !connection.inbox.put(message)) this.#refuse(connection, message, 0)
  }

  #refuse (connection: PooledConnection, { id }: Message, retryAfter: number): void {
    const failure = messageFailure('rate-limited', 'too many messages', { details: { retryAfter } })
    connection.sendEnvelope(failureEnvelope(failure, id))
  }
}

function read (connection: PooledConnection, codec: Codec, data: Buffer): Message | undefined {
  try {
    return readMessage(codec.decode(codec.binary ? data : data.toString()))
  } catch (error) {
    const known = isDecodeError(error) || isMessageFailure(error)
    connection.sendEnvelope(failureEnvelope(messageFailure('bad-message', known ? (error as Error).message : 'expected a message')))
    return undefined
  }
}
