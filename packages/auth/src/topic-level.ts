import { userTopic } from '@fastify-realtime/protocol'

/** Any text as one level of a topic, percent-encoded; `undefined` when it is empty, too long or not well-formed. */
export function encodeLevel (text: string): string | undefined {
  try {
    return userTopic(text).slice('user:'.length)
  } catch {
    return undefined
  }
}
