import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { RedisServer } from '@fastify-realtime/testing/redis-server'

const SLOTS = 16_384

interface Cleaning {
  teardown (handler: () => unknown): void
}

/** A Redis Cluster of masters, each with its part of the slots. */
export async function startCluster (t: Cleaning, size: number): Promise<RedisServer[]> {
  const servers: RedisServer[] = []
  while (servers.length < size) servers.push(await startMember(t))
  for (const [at, { port }] of servers.entries()) {
    await ask(port, 'ADDSLOTSRANGE', Math.floor(at * SLOTS / size), Math.floor((at + 1) * SLOTS / size) - 1)
    await ask(port, 'SET-CONFIG-EPOCH', at + 1)
    if (at > 0) await ask(port, 'MEET', '127.0.0.1', servers[0]?.port ?? 0)
  }
  await stands(servers)
  return servers
}

/** A replica of the first master. It takes over whatever it has missed, as one whose link broke a moment ago would. */
export async function addReplica (t: Cleaning, masters: readonly RedisServer[]): Promise<RedisServer> {
  const replica = await startMember(t, ['--cluster-replica-validity-factor', '0'])
  const [master] = masters as readonly [RedisServer]
  await ask(replica.port, 'MEET', '127.0.0.1', master.port)
  await stands([...masters, replica])
  await ask(replica.port, 'REPLICATE', await ask(master.port, 'MYID'))
  await replicates(master, replica)
  return replica
}

/** Settles when the replica has all that its master has now. */
export async function replicates (master: RedisServer, replica: RedisServer): Promise<void> {
  const due = Number(/master_repl_offset:(\d+)/.exec(await info(master))?.[1])
  let told = ''
  while (!told.includes('master_link_status:up') || Number(/slave_repl_offset:(\d+)/.exec(told)?.[1]) < due) {
    await sleep(20)
    told = await info(replica)
  }
}

export function clusterClient (servers: readonly RedisServer[]): Cluster {
  return new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })), { lazyConnect: true })
}

async function startMember (t: Cleaning, settings: readonly string[] = []): Promise<RedisServer> {
  const server = await RedisServer.start({
    settings: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-config-file', 'nodes.conf',
      '--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0', ...settings]
  })
  t.teardown(() => server.end())
  return server
}

async function info ({ port }: RedisServer): Promise<string> {
  const client = new Redis(port, '127.0.0.1')
  try {
    return await client.info('replication')
  } finally {
    client.disconnect()
  }
}

async function ask (port: number, ...command: readonly [string, ...Array<string | number>]): Promise<string> {
  const client = new Redis(port, '127.0.0.1')
  try {
    return String(await client.call('CLUSTER', ...command))
  } finally {
    client.disconnect()
  }
}

async function stands (servers: readonly RedisServer[]): Promise<void> {
  for (const { port } of servers) {
    let info = ''
    while (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${servers.length}`)) {
      await sleep(20)
      info = await ask(port, 'INFO')
    }
  }
}
