import { broadcast } from '@fastify-realtime/broadcast'
import { broker, memoryBroker, memoryHub } from '@fastify-realtime/broker'
import type { MemoryHub } from '@fastify-realtime/broker'
import { messageRouter } from '@fastify-realtime/message-router'
import { presence } from '@fastify-realtime/presence'
import { bearerProtocol } from '@fastify-realtime/protocol'
import t from 'tap'
import type { Test } from 'tap'
import { rules } from '../src/index.ts'
import type { Claims, Policies, TopicRules, TopicTokens } from '../src/index.ts'
import { open, server } from './support/server.ts'
import type { Opened, Server } from './support/server.ts'
import { goodClaims, secret, token } from './support/tokens.ts'

interface Member { id: string, tenant: string, role: string }

type Action = 'subscribe' | 'publish' | 'history' | 'presence'

/** A topic token as its issuer meant it; whoever got hold of it may send it. */
interface Given { readonly sub: string, readonly topics: readonly string[], readonly rights: readonly string[], readonly token: string }

const tenants = ['acme', 'evil']
const topics = tenants.flatMap((tenant) => [1, 2, 3].map((room) => `tenant:${tenant}:${room}`))
const actions: readonly Action[] = ['subscribe', 'publish', 'history', 'presence']
const table: Record<string, TopicRules> = {
  'tenant:{principal.tenant}:*': { subscribe: true, history: true, presence: true, publish: { role: 'writer' } },
  'tenant:{principal.tenant}:3': { subscribe: { role: 'writer' }, history: { role: 'writer' } }
}
const byTable = (rows: Record<string, TopicRules>) => (topicTokens: TopicTokens): Policies => rules(rows, { topicTokens })

/** What a backend of each tenant gave to its own people, for its own topics. */
const given: readonly Given[] = Array.from({ length: 48 }, (_, n) => {
  const tenant = tenants[n % 2] as string
  const claims = { sub: `${tenant}-${n % 6}`, topics: [`tenant:${tenant}:${1 + n % 3}`], rights: actions.filter((_, at) => (n >> at) % 2 === 1) }
  return { ...claims, token: token({ header: { typ: 'topic+jwt' }, claims: { ...goodClaims(), ...claims } }) }
})

/** A generator of numbers below `limit` that a seed decides. */
function randomness (seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return Math.floor(state / 2 ** 32 * limit)
  }
}

async function node (t: Test, hub: MemoryHub, allowed: (tokens: TopicTokens) => Policies = byTable(table)): Promise<Server> {
  let tokens: TopicTokens | undefined
  const policies = allowed({
    readTopicToken: async (text) => tokens?.readTopicToken(text),
    holdTopic: (...held) => tokens?.holdTopic?.(...held) ?? false
  })
  const running = await server(t, {
    jwt: { secret, principal: ({ sub, tenant, role }: Claims) => ({ id: String(sub), tenant, role }) as { id: string } }
  }, {
    before: async (app) => {
      await app.register(broker, { use: memoryBroker({ hub }) })
      await app.register(messageRouter)
      await app.register(broadcast, { topics: { 'tenant:*': { history: { size: 50, ttl: 60_000 } } }, ...policies })
      await app.register(presence, { topics: ['tenant:*'], grace: 1, window: 1 })
    },
    after: (app) => {
      const { authenticate } = app.realtimeAuth
      app.get('/topics/:topic/:action', { preValidation: authenticate }, async ({ principal, params, headers }, reply) => {
        const { topic, action } = params as { topic: string, action: Action }
        if (!await app.broadcast.can(principal, action, topic, undefined, headers['x-topic-token'])) return reply.code(403).send({ code: 'forbidden' })
        return { data: action === 'presence' ? await app.presence.members(topic) : await app.broadcast.history(topic, { limit: 20 }) }
      })
    }
  })
  tokens = running.app.realtimeAuth
  return running
}

const claimsOf = ({ id, tenant, role }: Member): object => ({ ...goodClaims(), sub: id, tenant, role })

interface Call { readonly type: string, readonly data: Record<string, unknown>, readonly grant?: Given, readonly http?: true }

function randomCall (random: (limit: number) => number, member: Member, positions: Map<string, unknown>): Call {
  const grant = random(4) === 0 ? given[random(given.length)] : undefined
  // A token is mostly tried where it is good for somebody.
  const topic = (grant !== undefined && random(4) > 0 ? grant.topics[0] : topics[random(topics.length)]) as string
  const call = randomMessage(random, member, positions, topic)
  return grant === undefined || call.type === 'auth.refresh' ? call : { ...call, data: { ...call.data, token: grant.token }, grant }
}

function randomMessage (random: (limit: number) => number, member: Member, positions: Map<string, unknown>, topic: string): Call {
  switch (random(12)) {
    case 0: return { type: 'subscribe', data: { topic } }
    case 10: case 11: return { type: actions[random(4)] as string, data: { topic }, http: true }
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
function judge (member: Member, { type, data, grant, http }: Call, answer: Record<string, unknown>): string | undefined {
  if (type === 'auth.refresh' || type === 'unsubscribe' || answer['code'] === 'rate-limited') return undefined
  const [kind, tenant, room] = String(data['topic']).split(':')
  const mine = kind === 'tenant' && tenant === member.tenant
  const able = member.role === 'writer' || (type !== 'publish' && (room !== '3' || type === 'presence'))
  const granted = grant?.sub === member.id && grant.rights.includes(type) && grant.topics.includes(String(data['topic']))
  if ((mine && able) || granted || answer['code'] === 'forbidden') return undefined
  return `${member.tenant} ${member.role} ${type} ${String(data['topic'])}${http === true ? ' over HTTP' : ''}${grant === undefined ? '' : ` by token of ${grant.sub}`}`
}

/** The answer counts as a message, so that it is searched for leaks, too. */
async function askOverHttp ({ app }: Server, member: Member, { type, data, grant }: Call, { messages }: Opened): Promise<Record<string, unknown>> {
  const response = await app.inject({
    url: `/topics/${String(data['topic'])}/${type}`,
    headers: { authorization: `Bearer ${token({ claims: claimsOf(member) })}`, ...grant && { 'x-topic-token': grant.token } }
  })
  const answer = response.json<Record<string, unknown>>()
  if (answer['code'] === undefined) messages.push(answer)
  return answer
}

async function answerTo ({ ws, messages }: Opened, call: Call, id: string): Promise<Record<string, unknown>> {
  ws.send(JSON.stringify({ type: call.type, data: call.data, id }))
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
async function fuzz (t: Test, rounds: number, allowed?: (tokens: TopicTokens) => Policies) {
  const hub = memoryHub()
  const nodes = [await node(t, hub, allowed), await node(t, hub, allowed)]
  const positions = new Map<string, unknown>()
  const found = { leaks: [] as object[], wrong: [] as string[], counts: new Map<string, number>(), publications: 0, answers: 0 }

  async function visit (seed: number): Promise<void> {
    const random = randomness(seed)
    const tenant = tenants[seed % 2] as string
    const member: Member = { id: `${tenant}-${seed % 6}`, tenant, role: random(2) === 0 ? 'writer' : 'reader' }
    const running = nodes[random(2)] as Server
    const opened = await open(running.url(), {
      protocols: ['realtime.v1.json', bearerProtocol(token({ claims: claimsOf(member) }))]
    })
    await answerTo(opened, { type: 'subscribe', data: { topic: `tenant:${tenant}:1` } }, `${seed}-first`)
    for (let turn = 0; turn < 60; turn++) {
      const call = randomCall(random, member, positions)
      const answer = call.http === true
        ? await askOverHttp(running, member, call, opened)
        : await answerTo(opened, call, `${seed}-${turn}`)
      const fault = judge(member, call, answer)
      if (fault !== undefined) found.wrong.push(fault)
      const { position } = (answer['data'] ?? {}) as { position?: unknown }
      if (position !== undefined) positions.set(String(call.data['topic']), position)
      const outcome = `${call.type} ${typeof answer['code'] === 'string' ? answer['code'] : 'ok'}`
      const ways = [outcome, ...call.http === true ? [`http ${outcome}`] : [], ...call.grant?.sub === member.id ? [`token ${outcome}`] : []]
      for (const way of ways) found.counts.set(way, (found.counts.get(way) ?? 0) + 1)
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
  const { leaks, wrong, counts, publications, answers } = await fuzz(t, 20)
  t.same(leaks, [])
  t.same(wrong, [])
  t.equal(answers, 4_800, 'it did real work')
  t.ok(publications > 100, `${publications} publications were delivered`)
  for (const action of ['subscribe', 'publish', 'history', 'presence']) {
    for (const outcome of ['ok', 'forbidden']) {
      t.ok(Number(counts.get(`${action} ${outcome}`)) > 50, `${action} ${outcome}: ${counts.get(`${action} ${outcome}`)}`)
      t.ok(Number(counts.get(`http ${action} ${outcome}`)) > 20, `${action} ${outcome} over HTTP: ${counts.get(`http ${action} ${outcome}`)}`)
    }
    t.ok(Number(counts.get(`token ${action} ok`)) > 5, `${action} with a token of one's own: ${counts.get(`token ${action} ok`)}`)
  }
  t.ok(Number(counts.get('auth.refresh ok')) > 50)
})

void t.test('the same with every policy open finds leaks of every kind', async (t) => {
  const open = (): boolean => true
  const { leaks, wrong } = await fuzz(t, 3, () => ({ canSubscribe: open, canPublish: open, canReadHistory: open, canSeePresence: open }))
  t.ok(leaks.length > 50, `${leaks.length} leaks`)
  for (const action of ['subscribe', 'publish', 'history', 'presence']) t.ok(wrong.some((fault) => fault.includes(action)), action)
})

void t.test('one row that is too wide is found, and nothing else', async (t) => {
  const { leaks, wrong } = await fuzz(t, 5, byTable({ ...table, 'tenant:*': { history: true } }))
  t.ok(leaks.length > 10, `${leaks.length} leaks`)
  t.ok(wrong.some((fault) => fault.endsWith('over HTTP')))
  t.same(wrong.filter((fault) => !fault.includes(' history ')), [])
})

void t.test('topic tokens that hold for everybody are found', async (t) => {
  const anybody = (tokens: TopicTokens): Policies => {
    const canEveryone = async ({ topic, token: text }: { readonly topic: string, readonly token?: unknown }): Promise<boolean> =>
      (typeof text === 'string' && (await tokens.readTopicToken(text))?.topics.includes(topic)) === true
    return { ...byTable(table)(tokens), canReadHistory: canEveryone }
  }
  const { leaks, wrong } = await fuzz(t, 10, anybody)
  t.ok(leaks.length > 0, `${leaks.length} leaks`)
  t.ok(wrong.some((fault) => fault.includes('by token of')))
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
