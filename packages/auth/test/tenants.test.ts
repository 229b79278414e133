import { broadcast } from '@fastify-realtime/broadcast'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { MemoryHub } from '@fastify-realtime/broker'
import { messageRouter } from '@fastify-realtime/message-router'
import { presence } from '@fastify-realtime/presence'
import { bearerProtocol } from '@fastify-realtime/protocol'
import t from 'tap'
import type { Test } from 'tap'
import { rules } from '../src/index.ts'
import type { Claims, Policies } from '../src/index.ts'
import { open, server } from './support/server.ts'
import type { Opened, Server } from './support/server.ts'
import { goodClaims, secret, token } from './support/tokens.ts'

interface Member { id: string, tenant: string, role: string }

const tenants = ['acme', 'evil']
const topics = tenants.flatMap((tenant) => [1, 2, 3].map((room) => `tenant:${tenant}:${room}`))
const policies = rules({
  'tenant:{principal.tenant}:*': { subscribe: true, history: true, presence: true, publish: { role: 'writer' } },
  'tenant:{principal.tenant}:3': { subscribe: { role: 'writer' }, history: { role: 'writer' } }
})

/** A generator of numbers below `limit` that a seed decides. */
function randomness (seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return Math.floor(state / 2 ** 32 * limit)
  }
}

const node = (t: Test, hub: MemoryHub, allowed: Policies = policies): Promise<Server> => server(t, {
  jwt: { secret, principal: ({ sub, tenant, role }: Claims) => ({ id: String(sub), tenant, role }) as { id: string } }
}, {
  before: async (app) => {
    await app.register(broker, { use: memoryBroker({ hub }) })
    await app.register(messageRouter)
    await app.register(broadcast, { topics: { 'tenant:*': { history: { size: 50, ttl: 60_000 } } }, ...allowed })
    await app.register(presence, { topics: ['tenant:*'], grace: 1, window: 1 })
  }
})

const claimsOf = ({ id, tenant, role }: Member): object => ({ ...goodClaims(), sub: id, tenant, role })

interface Call { readonly type: string, readonly data: Record<string, unknown> }

function randomCall (random: (limit: number) => number, member: Member, positions: Map<string, unknown>): Call {
  const topic = topics[random(topics.length)] as string
  switch (random(10)) {
    case 0: return { type: 'subscribe', data: { topic } }
    // Positions are no secret: whoever knows one of another tenant's must get nothing for it.
    case 1: case 2: return { type: 'subscribe', data: { topic, since: positions.get(topic) } }
    case 3: case 4: return { type: 'publish', data: { topic, event: 'said', data: { mark: `mark-of-${topic.split(':')[1]}` } } }
    case 5: return { type: 'history', data: { topic, limit: 20 } }
    case 6: return { type: 'presence', data: { topic } }
    case 7: return { type: 'unsubscribe', data: { topic } }
    case 8: return { type: 'subscribe', data: { topic: ['tenant:*', '*', `tenant:${tenants[random(2)]}:*`, 'user:x'][random(4)] } }
    default:
      member.role = random(2) === 0 ? 'writer' : 'reader'
      return { type: 'auth.refresh', data: { token: token({ claims: claimsOf(member) }) } }
  }
}

/** What is wrong with an answer, given who asked. */
function judge (member: Member, { type, data }: Call, answer: Record<string, unknown>): string | undefined {
  if (type === 'auth.refresh' || type === 'unsubscribe' || answer['code'] === 'rate-limited') return undefined
  const [kind, tenant, room] = String(data['topic']).split(':')
  const mine = kind === 'tenant' && tenant === member.tenant
  const able = member.role === 'writer' || (type !== 'publish' && (room !== '3' || type === 'presence'))
  return (mine && able) || answer['code'] === 'forbidden' ? undefined : `${member.tenant} ${member.role} ${type} ${String(data['topic'])}`
}

async function answerTo ({ ws, messages }: Opened, call: Call, id: string): Promise<Record<string, unknown>> {
  ws.send(JSON.stringify({ ...call, id }))
  for (let tries = 0; tries < 5_000; tries++) {
    const answer = messages.find((message) => message['id'] === id && message['type'] !== 'publication')
    if (answer !== undefined) return answer
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  throw new Error(`no answer to ${call.type}`)
}

function leaksIn (messages: Opened['messages'], own: string): object[] {
  const other = tenants.find((name) => name !== own) as string
  return messages.filter((message) => {
    const text = JSON.stringify(message)
    return text.includes(`mark-of-${other}`) || text.includes(`"${other}-`) || text.includes(`tenant:${other}:`)
  })
}

/** Members of both tenants come and go, and try everything; counted is what they should not have got. */
async function fuzz (t: Test, rounds: number, allowed?: Policies) {
  const hub = memoryHub()
  const nodes = [await node(t, hub, allowed), await node(t, hub, allowed)]
  const positions = new Map<string, unknown>()
  const found = { leaks: [] as object[], wrong: [] as string[], counts: new Map<string, number>(), publications: 0, answers: 0 }

  async function visit (seed: number): Promise<void> {
    const random = randomness(seed)
    const tenant = tenants[seed % 2] as string
    const member: Member = { id: `${tenant}-${seed % 6}`, tenant, role: random(2) === 0 ? 'writer' : 'reader' }
    const opened = await open((nodes[random(2)] as Server).url(), {
      protocols: ['realtime.v1.json', bearerProtocol(token({ claims: claimsOf(member) }))]
    })
    await answerTo(opened, { type: 'subscribe', data: { topic: `tenant:${tenant}:1` } }, `${seed}-first`)
    for (let turn = 0; turn < 60; turn++) {
      const call = randomCall(random, member, positions)
      const answer = await answerTo(opened, call, `${seed}-${turn}`)
      const fault = judge(member, call, answer)
      if (fault !== undefined) found.wrong.push(fault)
      const { position } = (answer['data'] ?? {}) as { position?: unknown }
      if (position !== undefined) positions.set(String(call.data['topic']), position)
      const outcome = `${call.type} ${typeof answer['code'] === 'string' ? answer['code'] : 'ok'}`
      found.counts.set(outcome, (found.counts.get(outcome) ?? 0) + 1)
      found.answers++
    }
    found.leaks.push(...leaksIn(opened.messages, tenant))
    found.publications += opened.messages.filter(({ type }) => type === 'publication').length
    opened.ws.terminate()
  }

  for (let round = 0; round < rounds; round++) await Promise.all([1, 2, 3, 4].map((slot) => visit(round * 4 + slot)))
  return found
}

void t.test('two tenants on two nodes never see each other, whatever they try', async (t) => {
  const { leaks, wrong, counts, publications, answers } = await fuzz(t, 15)
  t.same(leaks, [])
  t.same(wrong, [])
  t.equal(answers, 3_600, 'it did real work')
  t.ok(publications > 100, `${publications} publications were delivered`)
  for (const action of ['subscribe', 'publish', 'history', 'presence']) {
    for (const outcome of ['ok', 'forbidden']) {
      t.ok(Number(counts.get(`${action} ${outcome}`)) > 50, `${action} ${outcome}: ${counts.get(`${action} ${outcome}`)}`)
    }
  }
  t.ok(Number(counts.get('auth.refresh ok')) > 50)
})

void t.test('the same with every policy open finds leaks of every kind', async (t) => {
  const open = (): boolean => true
  const { leaks, wrong } = await fuzz(t, 3, { canSubscribe: open, canPublish: open, canReadHistory: open, canSeePresence: open })
  t.ok(leaks.length > 50, `${leaks.length} leaks`)
  for (const action of ['subscribe', 'publish', 'history', 'presence']) t.ok(wrong.some((fault) => fault.includes(action)), action)
})

void t.test('no publication reaches a revoked principal later than a second, under load', async (t) => {
  const hub = memoryHub()
  const [first, second] = [await node(t, hub), await node(t, hub)]
  const topic = 'tenant:acme:1'
  const ada: Member = { id: 'ada', tenant: 'acme', role: 'reader' }
  const bob: Member = { id: 'bob', tenant: 'acme', role: 'reader' }
  const connect = async (member: Member): Promise<Opened> => {
    const claims = { ...claimsOf(member), iat: Math.floor(Date.now() / 1_000) - 5 }
    const opened = await open(second.url(), { protocols: ['realtime.v1.json', bearerProtocol(token({ claims }))] })
    await answerTo(opened, { type: 'subscribe', data: { topic } }, '1')
    return opened
  }
  const revoked = await connect(ada)
  const other = await connect(bob)
  let last = 0
  let revokedAt = Infinity
  revoked.ws.on('message', () => { last = performance.now() })
  const until = performance.now() + 1_500
  for (let turn = 0; performance.now() < until; turn++) {
    await Promise.all(Array.from({ length: 10 }, () => first.app.broadcast.publish(topic, 'said', { turn })))
    await new Promise((resolve) => { setImmediate(resolve) })
    if (turn === 5) {
      revokedAt = performance.now()
      await first.app.realtimeAuth.revoke({ principal: 'ada' })
    }
  }
  t.equal((await revoked.closed).code, 4501)
  t.ok(last > 0 && last - revokedAt < 1_000, `the last one came ${Math.round(last - revokedAt)} ms after the call`)
  t.ok(other.messages.length > revoked.messages.length)
  revoked.ws.terminate()
  other.ws.terminate()
})
