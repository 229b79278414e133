import type { Cluster } from './contract.ts'

export type {
  Answered, AskOptions, Cluster, ClusterEvents, ClusterNode, ConnectionFilter, ConnectionList, ConnectionSummary,
  Disconnected, EndedConnection, ListOptions, TopicList
} from './contract.ts'
export { ClusterFilterError, ClusterOptionError } from './errors.ts'
export type { ClusterOptions } from './options.ts'
export { cluster, cluster as default } from './plugin.ts'

declare module 'fastify' {
  interface FastifyInstance {
    cluster: Cluster
  }
}
