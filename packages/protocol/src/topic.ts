const level = '[A-Za-z0-9_.~@+=%-]+'
const topicShape = new RegExp(`^\\$?${level}(?::${level}){0,7}$`)
const patternShape = new RegExp(`^(?:${level}:){0,7}\\*$`)
const maxBytes = 255

/** Whether the value is a topic: 1–255 bytes, at most 8 levels split by `:`. A leading `$` is reserved but a topic. */
export function isTopic (value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxBytes && topicShape.test(value)
}

/** Whether the topic is reserved for fastify-realtime: it begins with `$`. */
export function isReservedTopic (topic: string): boolean {
  return topic.startsWith('$')
}

/** Whether the value is a pattern: `*` alone, or levels that end with `:*`. */
export function isPattern (value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxBytes && patternShape.test(value)
}

/** Whether the topic is meant: `*` stands for one level or more at the end; anything else matches itself. */
export function matchesPattern (pattern: string, topic: string): boolean {
  if (!pattern.endsWith('*')) return pattern === topic
  const prefix = pattern.slice(0, -1)
  return topic.length > prefix.length && topic.startsWith(prefix)
}

/** The topic that every connection of a principal is subscribed to. */
export function userTopic (id: string): string {
  return `user:${encodeURIComponent(id).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)}`
}
