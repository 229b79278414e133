import { randomUUID } from 'node:crypto'
import { closeReasons } from '@fastify-realtime/protocol'
import type { Clock, CloseReason, Emitter } from '@fastify-realtime/protocol'
import type { BrokerChannel, BrokerRecord } from '@fastify-realtime/broker'
import type {
  AskOptions, Cluster, ClusterEvents, ClusterNode, ConnectionFilter, ConnectionList, Disconnected, ListOptions, TopicList
} from './contract.ts'
import { readAsked, readReplied } from './control.ts'
import type { Answer, Question } from './control.ts'
import { needsBroadcast, readFilter, readLimit, readNarrowFilter } from './filter.ts'
import type { Ledger } from './ledger.ts'
import type { LocalNode } from './local-node.ts'
import type { NodeDirectory } from './node-directory.ts'
import { Questions } from './questions.ts'
import type { Answers } from './questions.ts'

/** The topic that every node listens to. */
const ALL = 'all'

export interface ClusterParts {
  readonly id: string
  readonly local: LocalNode
  readonly directory: NodeDirectory
  readonly ledger: Ledger
  readonly channel: BrokerChannel
  readonly events: Emitter<ClusterEvents>
  readonly timeout: number
  readonly clock: Clock
  /** Told about an answer that could not be sent; the asker sees this node as missing. */
  readonly failed: (error: unknown) => void
}

/** Asks all nodes and answers for this one. */
export class BrokeredCluster implements Cluster {
  readonly id: string
  readonly #parts: ClusterParts
  readonly #questions: Questions

  constructor (parts: ClusterParts) {
    this.id = parts.id
    this.#parts = parts
    this.#questions = new Questions(parts.clock)
  }

  on<Name extends keyof ClusterEvents> (event: Name, listener: ClusterEvents[Name]): () => void {
    return this.#parts.events.on(event, listener)
  }

  async start (): Promise<void> {
    const { channel, directory } = this.#parts
    // First listen, then be in the directory: whoever is listed answers.
    await Promise.all([channel.subscribe(ALL), channel.subscribe(replyTopic(this.id))])
    await directory.start()
  }

  async stop (): Promise<void> {
    await this.#parts.ledger.stop()
    await this.#parts.directory.stop()
    this.#questions.clear()
  }

  nodes (): Promise<readonly ClusterNode[]> {
    return this.#parts.directory.list()
  }

  async connections (filter: ConnectionFilter = {}, options: ListOptions = {}): Promise<ConnectionList> {
    const limit = readLimit(options.limit)
    const known = readFilter(filter, this.#parts.local.topics !== undefined)
    const { answers, missing } = await this.#ask({ kind: 'connections', filter: known, limit }, options, known.node)
    const connections = answers.flatMap((answer) => answer.connections).slice(0, limit)
    return { connections, count: sum(answers), missing }
  }

  async topics (options: ListOptions = {}): Promise<TopicList> {
    const limit = readLimit(options.limit)
    if (this.#parts.local.topics === undefined) needsBroadcast()
    const { answers, missing } = await this.#ask({ kind: 'topics', limit }, options)
    const counts = new Map<string, number>()
    for (const { topic, subscribers } of answers.flatMap((answer) => answer.topics)) {
      counts.set(topic, (counts.get(topic) ?? 0) + subscribers)
    }
    const topics = [...counts].map(([topic, subscribers]) => ({ topic, subscribers }))
    return { topics: topics.sort((a, b) => b.subscribers - a.subscribers).slice(0, limit), missing }
  }

  async disconnect (filter: ConnectionFilter, reason: CloseReason = closeReasons.done, options: AskOptions = {}): Promise<Disconnected> {
    const known = readNarrowFilter(filter, this.#parts.local.topics !== undefined)
    const { answers, missing } = await this.#ask({ kind: 'disconnect', filter: known, reason }, options, known.node)
    return { disconnected: sum(answers), missing }
  }

  /** Takes the records of the channel `cluster`. */
  deliver (record: BrokerRecord): void {
    if (record.topic === ALL) this.#answer(record)
    else this.#collect(record)
  }

  /** @param only the one node that is asked; default all */
  async #ask (question: Question, { timeout = this.#parts.timeout }: AskOptions, only?: string): Promise<Answers> {
    const nodes = await this.nodes()
    const others = nodes.map((node) => node.id).filter((node) => node !== this.id && (only === undefined || node === only))
    const id = randomUUID()
    const asking = this.#questions.ask(id, others, timeout)
    if (others.length > 0) {
      try {
        await this.#send(ALL, 'question', id, { from: this.id, question })
      } catch (error) {
        this.#questions.close(id)
        throw error
      }
    }
    const own = this.#parts.local.answer(question)
    const { answers, missing } = await asking
    return { answers: [own, ...answers], missing }
  }

  #answer (record: BrokerRecord): void {
    const asked = readAsked(record.payload)
    if (asked === undefined || asked.from === this.id) return
    const answer = this.#parts.local.answer(asked.question)
    this.#send(replyTopic(asked.from), 'answer', record.id, { from: this.id, answer }).catch(this.#parts.failed)
  }

  #collect (record: BrokerRecord): void {
    const replied = readReplied(record.payload)
    if (replied !== undefined) this.#questions.answer(record.id, replied.from, replied.answer)
  }

  async #send (topic: string, event: string, id: string, content: object): Promise<void> {
    await this.#parts.channel.publish({ topic, event, id, time: this.#parts.clock.time(), payload: JSON.stringify(content) })
  }
}

function replyTopic (node: string): string {
  return `node:${node}`
}

function sum (answers: readonly Answer[]): number {
  return answers.reduce((count, answer) => count + answer.count, 0)
}
