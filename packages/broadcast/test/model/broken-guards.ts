import { guards } from '../../src/assembly.ts'
import type { Guards } from '../../src/assembly.ts'
import type { Continuity } from '../../src/continuity.ts'
import type { Interests } from '../../src/interests.ts'

const offsetsAlone: Continuity = (last, next) => last === undefined || next.offset > last.offset ? 'next' : 'seen'

/** The guards, each with one of them taken away. */
export const withoutBuffer: Guards = { ...guards, buffer: () => ({ add: () => {}, after: () => [] }) }

export const withoutEpochs: Guards = { ...guards, continuity: offsetsAlone }

export const withoutSerialInterests: Guards = {
  ...guards,
  interests: (channel): Interests => ({
    hold: (topic) => channel.subscribe(topic),
    drop: (topic) => { void channel.unsubscribe(topic) }
  })
}
