const reserved: ReadonlySet<string> = new Set([
  'subscribe', 'unsubscribe', 'history', 'publish', 'presence', 'reply', 'failure'
])

/** Whether a message type belongs to fastify-realtime: a built-in message, an answer, or `auth.*` and `realtime.*`. */
export function isReservedType (type: string): boolean {
  return reserved.has(type) || type.startsWith('auth.') || type.startsWith('realtime.')
}
