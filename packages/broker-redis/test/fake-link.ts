import { Buffer } from 'node:buffer'
import type { ChannelKind, LinkEvents, RedisLink } from '../src/link.ts'

/** A connection that does what the test says. */
export class FakeLink implements RedisLink {
  readonly calls: string[] = []
  readonly events: LinkEvents
  readonly resubscribes = false
  ready = false
  /** Answers a command, or fails it. */
  answer: (args: ReadonlyArray<string | Buffer>) => Promise<unknown> = async () => Buffer.from('aof_enabled:1')
  #subscribing: () => Promise<void> = async () => {}

  constructor (events: LinkEvents) {
    this.events = events
  }

  onSubscribe (work: () => Promise<void>): void { this.#subscribing = work }

  async connect (): Promise<void> {
    this.calls.push('connect')
    this.up()
  }

  up (): void {
    this.ready = true
    this.events.ready()
  }

  down (): void {
    this.ready = false
    this.events.down()
  }

  command (args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    this.calls.push(String(args[0]))
    return this.answer(args)
  }

  async subscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    this.calls.push(`subscribe ${kind} ${names.join()}`)
    await this.#subscribing()
  }

  async unsubscribe (kind: ChannelKind, names: readonly string[]): Promise<void> {
    this.calls.push(`unsubscribe ${kind} ${names.join()}`)
  }

  reset (): void { this.calls.push('reset') }
  async close (): Promise<void> { this.calls.push('close') }
  abort (): void { this.calls.push('abort') }
}
