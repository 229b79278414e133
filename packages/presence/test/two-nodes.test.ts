import fc from 'fast-check'
import t from 'tap'
import { cluster, settle } from './fixtures/nodes.ts'
import type { Cluster, TestConnection, TestNode } from './fixtures/nodes.ts'

const topics = ['room:1', 'room:2'] as const
const principals = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'] as const

type Step =
  | { readonly do: 'open', readonly who: number, readonly node: number }
  | { readonly do: 'join' | 'leave' | 'soon' | 'watch' | 'unwatch', readonly connection: number, readonly topic: number }
  | { readonly do: 'close', readonly connection: number }
  | { readonly do: 'wait', readonly ms: number }
  | { readonly do: 'turn' }
  | { readonly do: 'lose' | 'away' | 'back' | 'before' | 'after', readonly node: number }

const place = { connection: fc.nat(11), topic: fc.nat(topics.length - 1) }
const node = fc.nat(1)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('open' as const), who: fc.nat(principals.length - 1), node }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), ...place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('leave' as const, 'soon' as const), ...place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('watch' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unwatch' as const), ...place }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('close' as const), connection: fc.nat(11) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 60, 400, 1_100) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'turn' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'away' as const, 'back' as const, 'before' as const, 'after' as const), node }) },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const, ms: 45_000 }) }
)

interface Open { readonly connection: TestConnection, readonly on: TestNode, readonly wants: Set<string>, readonly watches: Set<string> }

class Run {
  readonly #cluster: Cluster
  readonly open: Open[] = []

  constructor (made: Cluster) {
    this.#cluster = made
  }

  async take (move: Step): Promise<void> {
    switch (move.do) {
      case 'open': {
        const on = this.#node(move.node)
        this.open.push({ connection: this.#cluster.connect(principals[move.who] ?? 'x'), on, wants: new Set(), watches: new Set() })
        return
      }
      case 'wait': return this.#cluster.clock.advance(move.ms)
      case 'turn': return settle()
      case 'lose': return this.#lose(this.#node(move.node))
      case 'before':
      case 'after': { this.#node(move.node).broker.failing = move.do; return }
      case 'away': { this.#node(move.node).broker.up = false; return }
      case 'back': return this.back(this.#node(move.node))
      case 'close': return this.close(move.connection)
      default: this.#act(move.do, move.connection, topics[move.topic] ?? 'x')
    }
  }

  /** Whatever was wrong with the broker is over. */
  async back ({ broker, node }: TestNode): Promise<void> {
    const away = !broker.up
    broker.failing = false
    broker.lose = () => false
    broker.up = true
    if (away) void node.resume()
  }

  close (at: number): void {
    const [closed] = this.open.splice(at, 1)
    if (closed === undefined) return
    closed.connection.state = 'closed'
    closed.on.node.close(closed.connection.connection)
  }

  #act (what: 'join' | 'leave' | 'soon' | 'watch' | 'unwatch', at: number, topic: string): void {
    const from = this.open[at]
    if (from === undefined) return
    const { connection: { connection }, on: { node }, wants, watches } = from
    if (what === 'join') node.join(connection, topic).catch(() => {})
    else if (what === 'leave') node.leave(connection, topic).catch(() => {})
    else if (what === 'soon') node.depart(connection, topic, true)
    else if (what === 'unwatch') node.unwatch(connection, topic)
    else node.watch(connection, topic).catch(() => { watches.delete(topic) })
    if (what === 'join') wants.add(topic)
    if (what === 'leave' || what === 'soon') wants.delete(topic)
    if (what === 'watch') watches.add(topic)
    if (what === 'unwatch') watches.delete(topic)
  }

  #lose ({ broker }: TestNode): void {
    let left = 2
    broker.lose = () => left-- > 0
  }

  #node (at: number): TestNode {
    return this.#cluster.nodes[at] as TestNode
  }
}

async function judge ({ nodes, clock }: Cluster, run: Run): Promise<void> {
  for (const each of nodes) await run.back(each)
  await clock.advance(65_000)
  for (const { broker } of nodes) broker.pause = () => Promise.resolve()
  for (const topic of topics) {
    const wanted = new Set(run.open.filter(({ wants }) => wants.has(topic)).map(({ connection }) => String(connection.principal?.id)))
    const stored = await (nodes[0] as TestNode).node.members(topic)
    const names = stored.members?.map(({ principal }) => principal).toSorted().join()
    if (names !== [...wanted].toSorted().join()) throw new Error(`${topic} stored ${names}, wanted ${[...wanted].join()}`)
    for (const { connection, watches } of run.open) {
      if (!watches.has(topic)) continue
      const seen = connection.names(topic)?.join()
      if (seen !== names) throw new Error(`${topic} seen ${seen}, stored ${names}: ${JSON.stringify(connection.updates)}`)
    }
  }
}

void t.test('whatever happens, watchers end with what the store has, and nothing stays behind', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), fc.boolean(), fc.array(fc.nat(40)), async (steps, chained, delays) => {
    const made = await cluster(2)
    let calls = 0
    for (const { broker } of made.nodes) {
      broker.chained = chained
      broker.pause = () => {
        const delay = delays[calls++ % delays.length] ?? 0
        return delay < 10 ? Promise.resolve() : new Promise((resolve) => { made.clock.setTimeout(resolve, delay) })
      }
    }
    const run = new Run(made)
    for (const move of steps) await run.take(move)
    await judge(made, run)
    while (run.open.length > 0) run.close(0)
    await made.clock.advance(5_000)
    for (const { node: { gauges } } of made.nodes) {
      if (Object.values(gauges).some((gauge) => gauge !== 0)) throw new Error(`left behind ${JSON.stringify(gauges)}`)
    }
  }), { numRuns: 500 })
})
