import { byteLength, isId, isPattern, messageFailure } from '@fastify-realtime/protocol'
import type { MessageFailure, Position } from '@fastify-realtime/protocol'
import type { HistoryDetails, Since } from './contract.ts'
import { isUsable } from './topic-rules.ts'

const TOPIC = '1-255 bytes, up to 8 levels of letters, digits and _.~@+=%- joined by ":"'
/** Longer ones no broker of ours makes. */
const MAX_EPOCH = 128

export interface SubscribeData {
  readonly topic: string
  readonly since?: Since
  readonly latest?: boolean
  readonly delta?: boolean
}

export interface PublishData {
  readonly topic: string
  readonly event: string
  readonly data: unknown
  readonly id?: string
}

/** Reads what clients send. Unknown fields are ignored; what is wrong throws the failure that names it. */
export const wireData = {
  topic (value: unknown): string {
    const { topic } = fields(value)
    if (!isUsable(topic) && !isPattern(topic)) throw invalid('topic', TOPIC)
    return topic
  },

  /** Whatever came as `token`; only a policy that takes tokens looks at it. */
  token (value: unknown): unknown {
    return fields(value)['token']
  },

  subscribe (value: unknown): SubscribeData {
    const topic = wireData.topic(value)
    const { since, latest, delta } = fields(value)
    return {
      topic,
      ...(since !== undefined && { since: readSince(since) }),
      ...(latest !== undefined && { latest: flag('latest', latest) }),
      ...(delta !== undefined && { delta: flag('delta', delta) })
    }
  },

  publish (value: unknown): PublishData {
    const topic = plainTopic(value)
    const { event, data, id } = fields(value)
    if (!isEvent(event)) throw invalid('event', 'a string of 1 to 128 bytes')
    if (id === undefined) return { topic, event, data }
    if (!isId(id)) throw invalid('id', 'a string of 1 to 64 bytes')
    return { topic, event, data, id }
  },

  history (value: unknown, maxLimit: number): HistoryDetails & { readonly topic: string } {
    const topic = plainTopic(value)
    const { since, before, limit } = fields(value)
    if (limit !== undefined && !isLimit(limit, maxLimit)) throw invalid('limit', `a whole number from 1 to ${maxLimit}`)
    return {
      topic,
      ...(since !== undefined && { since: readPosition('since', since) }),
      ...(before !== undefined && { before: readPosition('before', before) }),
      ...(limit !== undefined && { limit })
    }
  }
}

/** Whether the value names an event: a string of 1–128 bytes. */
export function isEvent (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 128 && byteLength(value) <= 128
}

export function isLimit (value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max
}

function plainTopic (value: unknown): string {
  const { topic } = fields(value)
  if (!isUsable(topic)) throw invalid('topic', TOPIC)
  return topic
}

function readSince (value: unknown): Since {
  const position = readPosition('since', value)
  const { connection } = fields(value)
  if (connection === undefined) return position
  if (!isId(connection)) throw invalid('since.connection', 'a string of 1 to 64 bytes')
  return { ...position, connection }
}

function readPosition (name: string, value: unknown): Position {
  const { epoch, offset } = fields(value)
  if (typeof epoch !== 'string' || epoch.length > MAX_EPOCH) throw invalid(`${name}.epoch`, 'a string')
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) throw invalid(`${name}.offset`, 'a whole number')
  return { epoch, offset }
}

function flag (name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalid(name, 'true or false')
  return value
}

function fields (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value as Readonly<Record<string, unknown>> : {}
}

function invalid (what: string, expected: string): MessageFailure {
  return messageFailure('invalid-data', `expected ${what} to be ${expected}`)
}
