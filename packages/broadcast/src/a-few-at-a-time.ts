import { setImmediate } from 'node:timers/promises'
import type { SubscribedTopic } from './subscription.ts'

/** Topics that are worked on at the same time. */
const AT_ONCE = 32

/** Works on topics a few at a time. A broker that answers at once would otherwise hold the event loop for all together. */
export async function aFewAtATime (
  topics: readonly SubscribedTopic[], work: (topic: SubscribedTopic) => Promise<void>, failed: (error: unknown, topic: string) => void
): Promise<void> {
  for (let at = 0; at < topics.length; at += AT_ONCE) {
    if (at > 0) await setImmediate()
    await Promise.all(topics.slice(at, at + AT_ONCE).map(async (topic) => {
      try {
        await work(topic)
      } catch (error) {
        failed(error, topic.name)
      }
    }))
  }
}
