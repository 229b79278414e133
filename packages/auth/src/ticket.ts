import { randomBytes } from 'node:crypto'
import type { RecordStore } from '@fastify-realtime/broker'
import type { Clock, Principal } from '@fastify-realtime/protocol'
import { digest } from './digest.ts'
import type { Grant, Terms } from './grant.ts'
import { Refusal } from './refusal.ts'

export interface Ticket {
  /** Put it into the URL of the upgrade: `/ws?ticket=…`. Works once. */
  readonly ticket: string
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

const ticketBytes = 16
const ticketForm = /^[\w-]{22}$/

/**
 * Single-use tickets, for clients that can set neither a header nor a subprotocol. They stand in the broker's records,
 * so that any node takes them, and only as a digest, so that nobody who reads the records can use them.
 */
export class Tickets {
  readonly #records: () => RecordStore
  readonly #ttl: number
  readonly #clock: Clock

  constructor (records: () => RecordStore, ttl: number, clock: Clock) {
    this.#records = records
    this.#ttl = ttl
    this.#clock = clock
  }

  async issue (principal: Principal, terms: Terms): Promise<Ticket> {
    const ticket = randomBytes(ticketBytes).toString('base64url')
    const expiresAt = this.#clock.time() + this.#ttl
    const { tokenId, issuedAt, expiresAt: ends } = terms
    const value = JSON.stringify({ usableUntil: expiresAt, grant: { principal, tokenId, issuedAt, expiresAt: ends } })
    await this.#records().put(ticketKey(ticket), value, this.#ttl)
    return { ticket, expiresAt }
  }

  /** What the ticket was issued for. Of racing callers, on any nodes, one gets it. @throws {Refusal} */
  async redeem (ticket: string): Promise<Grant> {
    if (!ticketForm.test(ticket)) throw new Refusal('invalid', 'ticket form')
    const records = this.#records()
    const key = ticketKey(ticket)
    const found = await records.get(key)
    if (found === undefined) throw new Refusal('invalid', 'no such ticket')
    const { usableUntil, grant } = JSON.parse(found) as { usableUntil: number, grant: Grant }
    // The claim outlives the ticket, whatever the clocks of nodes and store say.
    if (!await records.putIfAbsent(claimKey(ticket), '', this.#ttl * 4)) throw new Refusal('invalid', 'ticket was used')
    await records.delete(key)
    const now = this.#clock.time()
    if (usableUntil <= now) throw new Refusal('invalid', 'ticket too old')
    if (grant.expiresAt <= now) throw new Refusal('expired', 'credential behind the ticket')
    return grant
  }
}

function ticketKey (ticket: string): string { return `auth:ticket:${digest(ticket)}` }
function claimKey (ticket: string): string { return `auth:claim:${digest(ticket)}` }
