import type { ConnectionFilter } from './contract.ts'
import { ClusterFilterError } from './errors.ts'

const FIELDS = ['id', 'principal', 'address', 'route', 'topic', 'node'] as const
const MOST = 1_000

/** The known fields that are given. @throws FRT_ERR_CLUSTER_FILTER */
export function readFilter (filter: ConnectionFilter, broadcast: boolean): ConnectionFilter {
  const given: Record<string, string> = {}
  for (const field of FIELDS) {
    const value: unknown = filter[field]
    if (value === undefined) continue
    if (typeof value !== 'string' || value.length > 1_024) {
      throw new ClusterFilterError(`Filter "${field}" must be a string of at most 1,024 characters, but ${typeof value} came.`)
    }
    given[field] = value
  }
  if (filter.topic !== undefined && !broadcast) needsBroadcast()
  return given
}

/** A filter for what cannot be undone: an empty one, or one with a misspelt field, would mean everybody. */
export function readNarrowFilter (filter: ConnectionFilter, broadcast: boolean): ConnectionFilter {
  const given = readFilter(filter, broadcast)
  const unknown = Object.keys(filter).find((field) => !FIELDS.includes(field as typeof FIELDS[number]))
  if (unknown !== undefined) throw new ClusterFilterError(`There is no filter "${unknown}"; there are ${FIELDS.join(', ')}.`)
  if (Object.keys(given).length === 0) throw new ClusterFilterError(`Say who shall go: give at least one of ${FIELDS.join(', ')}.`)
  return given
}

export function readLimit (limit: number = 100): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST) {
    throw new ClusterFilterError(`A limit must be a whole number from 1 to ${MOST}, but ${String(limit)} came.`)
  }
  return limit
}

export function needsBroadcast (): never {
  throw new ClusterFilterError('Topics are known to the broadcast plugin; register @fastify-realtime/broadcast.')
}
