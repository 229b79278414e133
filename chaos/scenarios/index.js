import { controls } from './controls.js'
import { kicked } from './kicked.js'
import { badLines } from './lines.js'
import { natsEmptied, natsKilled, natsNodeKilled } from './nats.js'
import { cutAll, nodeKilled, rollingRestart, stalled } from './nodes.js'
import { redisEmptied, redisEverysec, redisForgetful, redisKilled, redisStarved, redisStopped } from './redis.js'
import { slowReaders } from './slow-readers.js'

/** In the order in which they run. */
export const scenarios = [
  kicked, badLines, slowReaders,
  redisKilled, redisEverysec, redisForgetful, redisEmptied, redisStopped, redisStarved,
  natsKilled, natsEmptied, natsNodeKilled,
  nodeKilled, stalled, rollingRestart, cutAll,
  ...controls
]
