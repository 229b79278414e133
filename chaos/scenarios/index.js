import { controls } from './controls.js'
import { kicked } from './kicked.js'
import { badLines } from './lines.js'
import { cutAll, nodeKilled, rollingRestart } from './nodes.js'
import { redisEmptied, redisEverysec, redisForgetful, redisKilled, redisStarved, redisStopped } from './redis.js'

/** In the order in which they run. */
export const scenarios = [
  kicked, badLines, redisKilled, redisEverysec, redisForgetful, redisEmptied, redisStopped, redisStarved, nodeKilled, rollingRestart, cutAll,
  ...controls
]
