import type { AddressBook } from './address-book.ts'
import type { PoolOptions } from './options.ts'
import type { Peer } from './peer.ts'

/** Why an upgrade is refused, as data: what the HTTP answer says. */
export interface Refusal {
  readonly reason: 'draining' | 'full' | 'handshakes' | 'address' | 'rate' | 'principal'
  readonly statusCode: 429 | 503
  readonly message: string
  /** Seconds. */
  readonly retryAfter: number
}

export type AdmissionLimits = Pick<PoolOptions, 'maxConnections' | 'maxPerAddress' | 'maxPerPrincipal' | 'perPrincipal' | 'maxPendingHandshakes'>

export interface Load {
  readonly ready: boolean
  /** Sockets open on this node. */
  readonly open: number
  /** Upgrades being decided, this one included. */
  readonly pending: number
}

const draining: Refusal = { reason: 'draining', statusCode: 503, message: 'this node is draining', retryAfter: 5 }
const full: Refusal = { reason: 'full', statusCode: 503, message: 'this node is full', retryAfter: 5 }
const handshakes: Refusal = { reason: 'handshakes', statusCode: 503, message: 'too many upgrades are pending', retryAfter: 1 }
const address: Refusal = { reason: 'address', statusCode: 429, message: 'too many connections from this address', retryAfter: 10 }
const principal: Refusal = { reason: 'principal', statusCode: 429, message: 'too many connections of this principal', retryAfter: 10 }

/** Decides about an upgrade before anything is spent on it. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #addresses: AddressBook

  constructor (limits: AdmissionLimits, addresses: AddressBook) {
    this.#limits = limits
    this.#addresses = addresses
  }

  /** The rate is asked last, so that what is refused anyway costs the address nothing. */
  admit ({ key }: Peer, { ready, open, pending }: Load): Refusal | undefined {
    const { maxConnections, maxPerAddress, maxPendingHandshakes } = this.#limits
    if (!ready) return draining
    if (pending > maxPendingHandshakes) return handshakes
    if (maxConnections !== false && open + pending > maxConnections) return full
    if (key === null) return undefined
    if (maxPerAddress !== false && this.#addresses.count(key) >= maxPerAddress) return address
    const wait = this.#addresses.wait(key)
    return wait === 0 ? undefined : tooFast(wait)
  }

  /** Asked when it is known who it is, right before the 101. */
  admitPrincipal (connections: number, ready: boolean): Refusal | undefined {
    const { maxPerPrincipal, perPrincipal } = this.#limits
    if (!ready) return draining
    if (maxPerPrincipal === false || perPrincipal === 'replace-oldest' || connections < maxPerPrincipal) return undefined
    return principal
  }
}

function tooFast (wait: number): Refusal {
  return { reason: 'rate', statusCode: 429, message: 'too many upgrades from this address', retryAfter: Math.ceil(wait / 1_000) }
}
