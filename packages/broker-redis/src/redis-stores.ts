import { randomUUID } from 'node:crypto'
import type { Buffer } from 'node:buffer'
import type {
  HistoryPage, HistoryQuery, HistoryStore, PresenceChange, PresenceEntry, PresenceStore, RecordStore
} from '@fastify-realtime/broker'
import { readScript } from './history-scripts.ts'
import type { Keys } from './keys.ts'
import { joinScript, leaveScript, membersScript, reapScript, renewScript } from './presence-scripts.ts'
import { decodeRecord, parsePosition } from './record-frame.ts'
import { deleteScript, getScript, listScript, putScript } from './record-scripts.ts'
import type { Script } from './script.ts'

/** Runs a script, or rejects as unavailable. */
export type Run = (script: Script, keys: readonly string[], args: ReadonlyArray<string | Buffer>) => Promise<unknown>

/** What a history needs beside the scripts. */
export interface HistoryParts {
  readonly generation: () => string
  readonly positionTtl: number
}

const REAP_AT_ONCE = 500

export function redisHistory (run: Run, keys: Keys, { generation, positionTtl }: HistoryParts): HistoryStore {
  async function read (channel: string, topic: string, { since, before, limit }: HistoryQuery): Promise<HistoryPage> {
    const [head, oldestId, entries] = await run(readScript, keys.history(channel, topic), [
      generation(), randomUUID(), String(positionTtl),
      since?.epoch ?? '', String(since?.offset ?? ''), before?.epoch ?? '', String(before?.offset ?? ''), String(limit + 1)
    ]) as [Buffer, Buffer, Array<[id: Buffer, fields: [Buffer, Buffer]]>]
    const position = parsePosition(head.toString())
    const oldest = oldestId.length === 0 ? position.offset + 1 : offsetOf(oldestId)
    const page = entries.slice(0, limit).map(([id, [, frame]]) => decodeRecord(frame, { epoch: position.epoch, offset: offsetOf(id) }))
    return {
      position,
      records: since === undefined ? page.reverse() : page,
      complete: since === undefined ||
        (since.epoch === position.epoch && since.offset >= oldest - 1 && since.offset <= position.offset),
      more: entries.length > limit
    }
  }
  return {
    read,
    position: async (channel, topic) => (await read(channel, topic, { limit: 0 })).position
  }
}

export function redisPresence (run: Run, keys: Keys): PresenceStore {
  const base = [keys.presence()]
  return {
    async join (topic, entry) {
      const { connection, principal, node } = entry
      return change(await run(joinScript, base, [topic, connection, principal, node, JSON.stringify(entry)]))
    },
    leave: async (topic, connection) => change(await run(leaveScript, base, [topic, connection])),
    async list (topic, limit) {
      const [count, version, ...entries] = await run(membersScript, base, [topic, String(limit)]) as [number, Buffer, ...Buffer[]]
      return { members: entries.map(readEntry), count, version: Number(version) }
    },
    async renew (node, ttl) { await run(renewScript, base, [node, String(ttl)]) },
    async reap () {
      const gone: Array<PresenceEntry & { topic: string, version: number, previous: number }> = []
      for (let more = 1; more === 1;) {
        const [again, ...fields] = await run(reapScript, base, [String(REAP_AT_ONCE)]) as [number, ...Buffer[]]
        for (let at = 0; at < fields.length; at += 4) {
          const [topic, version, previous, entry] = fields.slice(at, at + 4) as [Buffer, Buffer, Buffer, Buffer]
          gone.push({ ...readEntry(entry), topic: topic.toString(), version: Number(version), previous: Number(previous) })
        }
        more = again
      }
      return gone
    }
  }
}

export function redisRecords (run: Run, keys: Keys): RecordStore {
  const names = keys.records()
  return {
    async put (key, value, ttl) { await run(putScript, names, [key, value, String(ttl), '']) },
    putIfAbsent: async (key, value, ttl) => await run(putScript, names, [key, value, String(ttl), 'absent']) === 1,
    async delete (key) { await run(deleteScript, names, [key]) },
    get: async (key) => (await run(getScript, names, [key]) as Buffer | null)?.toString(),
    async list (prefix) {
      const found = (await run(listScript, names, [prefix]) as Buffer[]).map(String)
      return found.flatMap((key, at) => at % 2 === 0 ? [{ key, value: String(found[at + 1]) }] : [])
    }
  }
}

function offsetOf (id: Buffer): number {
  return Number(id.toString().slice(0, -2))
}

function change (reply: unknown): PresenceChange {
  const [changed, version, previous] = reply as [number, Buffer, Buffer]
  return changed === 1
    ? { changed: true, version: Number(version), previous: Number(previous) }
    : { changed: false, version: Number(version) }
}

function readEntry (entry: Buffer): PresenceEntry {
  return JSON.parse(entry.toString()) as PresenceEntry
}
