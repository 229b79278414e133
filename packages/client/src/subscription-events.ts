import type { RealtimeError } from './errors.ts'
import type { Presence } from './presence.ts'
import type { HistoryOptions, HistoryPage, Publication, Published } from './publication.ts'
import type { PublishOptions } from './publishing.ts'
import type { AnyEvents } from './routes.ts'
import type { TopicOptions } from './topic.ts'

export interface SubscriptionEvents<Events = AnyEvents> {
  /** Each publication once, in the server's order. */
  publication: (publication: Publication<Events>) => void
  /** Publications come from now on; again after every reconnect. */
  live: () => void
  /**
   * After an interruption: `true` when everything that was missed has been told by now, `false` before the first
   * publication after a gap. Then read anew what you show.
   */
  recovered: (recovered: boolean) => void
  /** Nothing comes any more: with an error the server ended it, without one you did. */
  end: (error?: RealtimeError) => void
}

export interface SubscribeOptions<Events = AnyEvents> extends TopicOptions {
  /** How many publications may wait for a `for await` loop, which throws `too-slow` beyond. Default 1,000. */
  readonly maxWaiting?: number
  readonly onPublication?: SubscriptionEvents<Events>['publication']
  readonly onLive?: SubscriptionEvents<Events>['live']
  readonly onRecovered?: SubscriptionEvents<Events>['recovered']
  readonly onEnd?: SubscriptionEvents<Events>['end']
}

/** What a subscription needs of its client. */
export interface SubscriptionHost<Events = AnyEvents> {
  publish<Event extends keyof Events & string> (topic: string, event: Event, data: Events[Event], options?: PublishOptions): Promise<Published>
  history (topic: string, options?: HistoryOptions): Promise<HistoryPage<Events>>
  presence (topic: string): Presence
}
