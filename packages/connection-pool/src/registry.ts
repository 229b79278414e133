import type { DisconnectFilter } from './contract.ts'

export interface Registered {
  readonly id: string
  readonly principal: { readonly id: string } | null
  readonly address: string
  readonly route: string
}

/** Who is connected, by id and by principal. */
export class Registry<Member extends Registered> implements Iterable<Member> {
  readonly #byId = new Map<string, Member>()
  /** One connection as such, several as a Set: most principals have one, and a Set is large. */
  readonly #byPrincipal = new Map<string, Member | Set<Member>>()

  get size (): number { return this.#byId.size }

  [Symbol.iterator] (): Iterator<Member> { return this.#byId.values() }

  get (id: string): Member | undefined { return this.#byId.get(id) }

  /** In the order of their arrival. */
  ofPrincipal (id: string): Iterable<Member> {
    const own = this.#byPrincipal.get(id)
    if (own === undefined) return []
    return own instanceof Set ? own : [own]
  }

  add (member: Member): void {
    this.#byId.set(member.id, member)
    if (member.principal === null) return
    const { id } = member.principal
    const own = this.#byPrincipal.get(id)
    if (own === undefined) this.#byPrincipal.set(id, member)
    else if (own instanceof Set) own.add(member)
    else this.#byPrincipal.set(id, new Set([own, member]))
  }

  delete (member: Member): void {
    this.#byId.delete(member.id)
    if (member.principal === null) return
    const { id } = member.principal
    const own = this.#byPrincipal.get(id)
    if (own instanceof Set) own.delete(member)
    if (own === member || (own instanceof Set && own.size === 0)) this.#byPrincipal.delete(id)
  }

  /** Those that match all given fields; none when no field is given. A copy: they may leave while it is walked. */
  matching ({ id, principal, address, route }: DisconnectFilter): Member[] {
    if (id === undefined && principal === undefined && address === undefined && route === undefined) return []
    return [...this.#candidates(id, principal)].filter((member) =>
      (id === undefined || member.id === id) && (principal === undefined || member.principal?.id === principal) &&
      (address === undefined || member.address === address) && (route === undefined || member.route === route))
  }

  #candidates (id: string | undefined, principal: string | undefined): Iterable<Member> {
    if (id !== undefined) return [this.#byId.get(id)].filter((member) => member !== undefined)
    return principal === undefined ? this : this.ofPrincipal(principal)
  }
}
