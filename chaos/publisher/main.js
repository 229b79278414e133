import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../now.js'
import { answer, settings, tell } from '../world/answering.js'
import { Ledger } from './ledger.js'
import { post } from './post.js'

const PAD = 'x'.repeat(64)
const MOST_UNDER_WAY = 5_000
const ledger = new Ledger()
let underWay = 0
let running = false
let giveUpAt = Infinity

/** As an outbox does: the same id again, until it is acknowledged. */
async function publish (publication) {
  const { topic, n } = publication
  underWay++
  while (now() < giveUpAt) {
    const begun = now()
    publication.attempts++
    try {
      const { position, duplicate } = await post(settings.port, topic, { event: 'tick', data: { n, topic, pad: PAD }, id: `p${n}` }, 10_000)
      Object.assign(publication, { ackedAt: now(), position, duplicate })
      break
    } catch (error) {
      ledger.failures.push({ at: begun, took: now() - begun, why: error.code ?? error.message })
      await sleep(Math.min(1_000, 100 * publication.attempts) * (0.5 + Math.random()))
    }
  }
  underWay--
}

async function run ({ topics, rate }) {
  running = true
  const begun = now()
  for (let sent = 0; running; await sleep(5)) {
    const due = Math.floor((now() - begun) / 1_000 * rate)
    for (; sent < due; sent++) {
      const publication = ledger.add(topics[sent % topics.length], now())
      if (underWay < MOST_UNDER_WAY) void publish(publication)
    }
  }
}

answer({
  begin: (plan) => { void run(plan) },
  state: () => ({ underWay, intended: ledger.publications.length, acknowledged: ledger.acknowledged, failures: ledger.failures.length }),
  stop: () => { running = false },
  /** Settles when everything is acknowledged or given up. */
  async finish ({ within }) {
    running = false
    giveUpAt = now() + within
    while (underWay > 0) await sleep(20)
  },
  evidence: () => ({ publications: ledger.publications, failures: ledger.failures })
})
tell('ready')
