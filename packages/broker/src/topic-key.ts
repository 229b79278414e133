/** One name for a topic of a channel. Neither may hold a line break, so two pairs never look alike. */
export function topicKey (channel: string, topic: string): string {
  return `${channel}\n${topic}`
}
