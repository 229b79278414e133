import { test } from 'tap'
import { Emitter } from '../src/index.ts'

interface Events {
  thing: (value: number) => void
  other: () => void
}

function emitter (errors: unknown[] = []): Emitter<Events> {
  return new Emitter<Events>((error, event) => errors.push([error, event]))
}

test('listeners hear their event in the order in which they came', (t) => {
  const events = emitter()
  const heard: string[] = []
  events.on('thing', (value) => heard.push(`a${value}`))
  events.on('thing', (value) => heard.push(`b${value}`))
  events.on('other', () => heard.push('other'))
  events.emit('thing', 1)
  t.same(heard, ['a1', 'b1'])
  t.end()
})

test('an event without listeners goes nowhere', (t) => {
  const events = emitter()
  events.emit('other')
  t.equal(events.listenerCount('other'), 0)
  t.end()
})

test('a listener that throws is told to onError and starves nobody', (t) => {
  const errors: unknown[] = []
  const events = emitter(errors)
  const problem = new Error('no')
  let heard = 0
  events.on('other', () => { throw problem })
  events.on('other', () => { heard++ })
  events.emit('other')
  t.equal(heard, 1)
  t.same(errors, [[problem, 'other']])
  t.end()
})

test('undo takes one listener away, once', (t) => {
  const events = emitter()
  let heard = 0
  const listener = (): void => { heard++ }
  const undo = events.on('other', listener)
  events.on('other', listener)
  t.equal(events.listenerCount('other'), 2)
  undo()
  undo()
  events.emit('other')
  t.equal(heard, 1)
  t.equal(events.listenerCount('other'), 1)
  t.end()
})

test('a change during an emission takes effect from the next one', (t) => {
  const events = emitter()
  const heard: string[] = []
  const undo = events.on('other', () => {
    heard.push('first')
    undo()
    events.on('other', () => heard.push('late'))
  })
  events.on('other', () => heard.push('second'))
  events.emit('other')
  t.same(heard, ['first', 'second'])
  events.emit('other')
  t.same(heard, ['first', 'second', 'second', 'late'])
  t.end()
})

test('nothing is left of an event when its last listener goes', (t) => {
  const events = emitter()
  const undo = events.on('other', () => t.fail('called'))
  undo()
  events.emit('other')
  t.equal(events.listenerCount('other'), 0)
  t.end()
})
