import { moments } from '../plan.js'

/** All clients lose their line, in two halves, so that something is recovered whatever the other faults cost. */
export const kickAll = (names, at) => [0, 1].map((half) => ({ at: at + half * 700, kind: 'kick', names: names.filter((_, index) => index % 2 === half) }))

/** The broker is killed and started again; the first seconds are left in peace. */
export const kills = (random, count, seconds) => moments(random, count, seconds, { from: 3.5 }).map((at) =>
  ({ at, kind: 'broker-kill', lasts: Math.round(random.between(300, 1_000)) }))
