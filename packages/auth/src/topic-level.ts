import { userTopic } from '@fastify-realtime/protocol'

/** What percent-encoding leaves as it is; an id mostly is no more than that. */
const plain = /^[\w.~-]{1,200}$/

/** Any text as one level of a topic, percent-encoded; `undefined` when it is empty, too long or not well-formed. */
export function encodeLevel (text: string): string | undefined {
  if (plain.test(text)) return text
  try {
    return userTopic(text).slice('user:'.length)
  } catch {
    return undefined
  }
}
