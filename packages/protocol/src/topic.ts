const level = '[A-Za-z0-9_.~@+=%-]+'
const topicGrammar = new RegExp(`^\\$?${level}(?::${level}){0,7}$`)
const patternGrammar = new RegExp(`^(?:${level}:){0,7}\\*$`)
const maxBytes = 255

/**
 * Whether `value` names a topic: 1–255 bytes, 1–8 levels split by `:`, each made of `A–Z a–z 0–9 _ . ~ @ + = % -`.
 * A leading `$` is a topic too, but one of ours: see `isReservedTopic`.
 */
export function isTopic (value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxBytes && topicGrammar.test(value)
}

/** Whether a topic is kept for fastify-realtime, so that neither apps nor clients may use it: it begins with `$`. */
export function isReservedTopic (topic: string): boolean {
  return topic.startsWith('$')
}

/** @throws {TypeError} when `value` is not a topic. */
export function assertTopic (value: unknown): asserts value is string {
  if (isTopic(value)) return
  const came = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value
  throw new TypeError(`Expected a topic (1–8 levels of A–Z a–z 0–9 _ . ~ @ + = % - split by ":", at most 255 bytes), got ${came}.` +
    ' Percent-encode the parts that come from outside; for a principal use userTopic(id).')
}

/** Whether `value` is a pattern: a topic whose last level is `*`, such as `price:*`; a plain topic is not a pattern. */
export function isPattern (value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxBytes && patternGrammar.test(value)
}

/**
 * Whether a topic is meant by a pattern: `*` stands for one or more levels, and never for a reserved topic.
 * A plain topic matches itself.
 */
export function matchesPattern (pattern: string, topic: string): boolean {
  if (!pattern.endsWith('*')) return pattern === topic
  return topic.length >= pattern.length && topic.startsWith(pattern.slice(0, -1)) && !isReservedTopic(topic)
}
