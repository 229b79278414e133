import { checkOptionNames } from '@fastify-realtime/protocol'
import { PoolOptionError } from './errors.ts'
import type { Rate, RateLimit } from './rate.ts'

/** Beyond it a timer fires at once, and `ws` turns a limit into none. */
const LARGEST = 2 ** 31 - 1

/**
 * A limit that must be one: a whole number from `least` to 2³¹ - 1.
 * @throws {PoolOptionError}
 */
export function limit (name: string, value: unknown, least: number = 1): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= LARGEST) return value
  throw new PoolOptionError(`expected ${name} to be a whole number from ${least} to ${LARGEST}, got ${String(value)}; leave it out for the default`)
}

/**
 * A limit that may be switched off, by `false` alone.
 * @throws {PoolOptionError}
 */
export function limitOrOff (name: string, value: unknown): number | false {
  if (value === false) return false
  if (value === 0) throw new PoolOptionError(`expected ${name} to be a whole number from 1, got 0; switch it off with false`)
  return limit(name, value)
}

/**
 * A rate; `false` switches it off.
 * @throws {PoolOptionError}
 */
export function rateOrOff (name: string, value: RateLimit | false): Rate | false {
  if (value === false) return false
  if (typeof value !== 'object' || value === null) {
    throw new PoolOptionError(`expected ${name} to be { max, timeWindow, burst } or false, got ${String(value)}`)
  }
  checkOptionNames(name, value, { max: true, timeWindow: true, burst: true })
  const { max, timeWindow = 1_000, burst = max } = value
  const perMillisecond = limit(`${name}.max`, max) / limit(`${name}.timeWindow`, timeWindow)
  return Object.freeze({ burst: limit(`${name}.burst`, burst), perMillisecond })
}

/** @throws {PoolOptionError} */
export function oneOf<Choice extends string> (name: string, value: unknown, choices: readonly Choice[]): Choice {
  const choice = choices.find((known) => known === value)
  if (choice !== undefined) return choice
  throw new PoolOptionError(`expected ${name} to be one of ${choices.join(', ')}, got ${String(value)}`)
}

/** The options given, over defaults; one that is `undefined` counts as left out. */
export function withDefaults<Defaults extends object, Given extends object> (defaults: Defaults, given: Given): Defaults & Given {
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) } as Defaults & Given
}
