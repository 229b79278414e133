import { isTopic } from './topic.ts'

const prefix = 'user:'

/**
 * The topic of one principal: `user:` and the id, with every byte percent-encoded that is not unreserved in
 * RFC 3986 section 2.3, so that an id is always one level and two ids never share a topic.
 * @throws {TypeError} when the id is empty, is not well-formed Unicode, or is longer than 250 bytes once encoded.
 */
export function userTopic (id: string): string {
  const encoded = percentEncode(id)
  const topic: string = prefix + encoded
  if (isTopic(topic)) return topic
  throw new TypeError(`Expected an id of 1–250 bytes once percent-encoded, got ${encoded.length}. Use shorter principal ids.`)
}

/** The id of the principal that a `user:` topic belongs to; `undefined` for other topics and other spellings. */
export function topicUser (topic: string): string | undefined {
  if (!topic.startsWith(prefix)) return undefined
  try {
    const id = decodeURIComponent(topic.slice(prefix.length))
    return userTopic(id) === topic ? id : undefined
  } catch {
    return undefined
  }
}

function percentEncode (id: string): string {
  try {
    return encodeURIComponent(id).replace(/[!'()*]/g, (char) => '%' + char.charCodeAt(0).toString(16).toUpperCase())
  } catch {
    throw new TypeError('Expected an id of well-formed Unicode, got a lone surrogate.')
  }
}
