import type { CloseReason } from '@fastify-realtime/protocol'
import type { ConnectionFilter, ConnectionSummary } from './contract.ts'

/** What one node asks all others. */
export type Question =
  | { readonly kind: 'connections', readonly filter: ConnectionFilter, readonly limit: number }
  | { readonly kind: 'topics', readonly limit: number }
  | { readonly kind: 'disconnect', readonly filter: ConnectionFilter, readonly reason: CloseReason }

/** What a node answers; a field that the question did not ask for is empty. */
export interface Answer {
  readonly count: number
  readonly connections: readonly ConnectionSummary[]
  readonly topics: ReadonlyArray<{ readonly topic: string, readonly subscribers: number }>
}

export interface Asked {
  readonly from: string
  readonly question: Question
}

export interface Replied {
  readonly from: string
  readonly answer: Answer
}

/** Reads what another node wrote. `undefined` for what is none of ours: the channel may carry newer kinds one day. */
export function readAsked (payload: string | Uint8Array): Asked | undefined {
  const asked = parse(payload) as Partial<Asked> | undefined
  return typeof asked?.from === 'string' && isQuestion(asked.question) ? { from: asked.from, question: asked.question } : undefined
}

export function readReplied (payload: string | Uint8Array): Replied | undefined {
  const replied = parse(payload) as Partial<Replied> | undefined
  return typeof replied?.from === 'string' && isAnswer(replied.answer) ? { from: replied.from, answer: replied.answer } : undefined
}

function isAnswer (answer: Partial<Answer> | null | undefined): answer is Answer {
  return typeof answer?.count === 'number' && Array.isArray(answer.connections) && Array.isArray(answer.topics)
}

function isQuestion (question: Partial<Question> | null | undefined): question is Question {
  if (question?.kind === 'topics') return true
  return (question?.kind === 'connections' || question?.kind === 'disconnect') && typeof question.filter === 'object'
}

function parse (payload: string | Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(typeof payload === 'string' ? payload : new TextDecoder().decode(payload))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
