import fc from 'fast-check'
import t from 'tap'
import type { Overflow } from '../src/contract.ts'
import { FinishedFrame } from '../src/frame.ts'
import { WaitingFrames } from '../src/waiting-frames.ts'

const policies: Array<Overflow | undefined> = [
  undefined, { policy: 'disconnect' }, { policy: 'drop-newest' }, { policy: 'drop-oldest' }, { policy: 'drop-oldest', key: 'a' },
  { policy: 'conflate' }, { policy: 'conflate', key: 'a' }, { policy: 'conflate', key: 'b' }
]

t.test('behaves like a list, whatever is done to it', async () => {
  const action = fc.oneof(
    fc.record({ add: fc.constantFrom(...policies), size: fc.nat({ max: 50 }) }),
    fc.record({ shift: fc.constant(true) }),
    fc.record({ conflate: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ drop: fc.nat({ max: 100 }) })
  )
  fc.assert(fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
    const frames = new WaitingFrames()
    let model: Array<{ frame: FinishedFrame, overflow: Overflow | undefined, latest: boolean }> = []
    for (const act of actions) {
      if ('add' in act) {
        const frame = new FinishedFrame('x'.repeat(act.size))
        frames.add(frame, act.add)
        const key = act.add?.policy === 'conflate' ? act.add.key : undefined
        if (key !== undefined) for (const one of model) if (one.overflow?.policy === 'conflate' && one.overflow.key === key) one.latest = false
        model.push({ frame, overflow: act.add, latest: key !== undefined })
      } else if ('shift' in act) {
        frames.shift()
        model = model.slice(1)
      } else if ('conflate' in act) {
        const at = model.findIndex(({ latest, overflow }) => latest && overflow?.key === act.conflate)
        if (frames.conflate(act.conflate) !== (at === -1 ? 0 : 1)) return false
        if (at !== -1) model.splice(at, 1)
      } else {
        let freed = 0
        const dropped = model.filter(({ frame, overflow }) => {
          if (freed >= act.drop || overflow?.policy !== 'drop-oldest') return false
          freed += frame.size
          return true
        })
        if (frames.dropOldest(act.drop) !== dropped.length) return false
        model = model.filter((one) => !dropped.includes(one))
      }
      const bytes = model.reduce((sum, { frame }) => sum + frame.size, 0)
      if (frames.size !== model.length || frames.bytes !== bytes || frames.peek() !== model[0]?.frame) return false
    }
    return true
  }))
})
