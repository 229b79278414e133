import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../now.js'
import { answer, settings, tell } from '../world/answering.js'
import { Ledger } from './ledger.js'
import { post } from './post.js'

/** Publications that are tried at a time, those that wait for their next attempt included. The others wait in line. */
const LANES = 256

/** What fills the publications of each topic. */
let pads
const ledger = new Ledger()
let next = 0
let underWay = 0
let running = false
let giveUpAt = Infinity

/** As an outbox does: the same id again, until it is acknowledged. */
async function publish (publication) {
  const { topic, n } = publication
  while (now() < giveUpAt) {
    const begun = now()
    publication.attempts++
    try {
      const { position, duplicate } = await post(settings.port, topic, { event: 'tick', data: { n, topic, pad: pads[n % pads.length] }, id: `p${n}` }, 10_000)
      Object.assign(publication, { ackedAt: now(), position, duplicate })
      return
    } catch (error) {
      ledger.failures.push({ at: begun, took: now() - begun, why: error.code ?? error.message })
      await sleep(Math.min(1_000, 100 * publication.attempts) * (0.5 + Math.random()))
    }
  }
}

async function lane () {
  underWay++
  while (next < ledger.publications.length) await publish(ledger.publications[next++])
  underWay--
}

function fill () {
  for (let waiting = ledger.publications.length - next; waiting > 0 && underWay < LANES; waiting--) void lane()
}

async function run ({ topics, rate }) {
  running = true
  const begun = now()
  for (let sent = 0; running; await sleep(5)) {
    const due = Math.floor((now() - begun) / 1_000 * rate)
    for (; sent < due; sent++) ledger.add(topics[sent % topics.length], now())
    fill()
  }
}

answer({
  begin: (plan) => {
    pads = plan.pads.map((bytes) => 'x'.repeat(bytes))
    void run(plan)
  },
  state: () => ({ intended: ledger.publications.length, acknowledged: ledger.acknowledged, failures: ledger.failures.length }),
  stop: () => { running = false },
  /** Settles when everything is acknowledged or given up. */
  async finish ({ within }) {
    giveUpAt = now() + within
    while (underWay > 0 && now() < giveUpAt + 11_000) await sleep(20)
  },
  evidence: () => ({ publications: ledger.publications, failures: ledger.failures })
})
tell('ready')
