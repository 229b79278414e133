import type { Subscription } from './subscription.ts'

/** Above this a list is slower to search than a Map. */
const FEW = 8

/**
 * The subscriptions of one connection. A Map takes as much memory as ten of its entries, so the few that most
 * connections have are a list; a list is never changed, so that it can be walked while subscriptions come and go.
 */
export type Held = readonly Subscription[] | Map<string, Subscription>

export function find (held: Held, name: string): Subscription | undefined {
  return held instanceof Map ? held.get(name) : held.find(({ topic }) => topic.name === name)
}

export function withOne (held: Held, subscription: Subscription): Held {
  if (held instanceof Map) return held.set(subscription.topic.name, subscription)
  // Not `[...held, subscription]`, which would leave room for sixteen more.
  if (held.length < FEW) return held.concat([subscription])
  return withOne(new Map(held.map((one) => [one.topic.name, one])), subscription)
}

/** `undefined` when it was the last one. */
export function withoutOne (held: Held, subscription: Subscription): Held | undefined {
  if (held instanceof Map) {
    held.delete(subscription.topic.name)
    return held.size === 0 ? undefined : held
  }
  const at = held.indexOf(subscription)
  return held.length === 1 ? undefined : held.slice(0, at).concat(held.slice(at + 1))
}
