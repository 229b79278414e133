import type { Codec, PresenceUpdate } from '@fastify-realtime/protocol'
import type { Connection, ConnectionPool, Frame } from '@fastify-realtime/connection-pool'

/** Sends an update to its watchers: one frame for each codec, however many they are. */
export function announce (pool: Pick<ConnectionPool, 'frame'>, update: PresenceUpdate, watchers: Iterable<Connection>): void {
  const frames = new Map<Codec, Frame>()
  for (const connection of watchers) {
    const { codec } = connection
    // Frames of a raw route are its own.
    if (codec === null) continue
    let frame = frames.get(codec)
    if (frame === undefined) frames.set(codec, frame = pool.frame(codec, update))
    connection.send(frame)
  }
}
