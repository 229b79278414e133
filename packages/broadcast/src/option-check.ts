import { BroadcastOptionError } from './errors.ts'

/** The longest delay a timer takes. */
const MAX_DELAY = 2 ** 31 - 1

/** Checks of options that several share; each answers the value or throws what was expected, what came and what to do. */
export const check = {
  whole (option: string, value: unknown, min: number, max: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    throw new BroadcastOptionError(option, `a whole number from ${min} to ${max}`, String(value), 'Leave it out for the default.')
  },

  duration (option: string, value: unknown): number {
    return check.whole(option, value, 1, MAX_DELAY)
  },

  bool (option: string, value: unknown): boolean {
    if (typeof value === 'boolean') return value
    throw new BroadcastOptionError(option, 'true or false', String(value), 'Leave it out for the default.')
  },

  optionalFunction<Kind> (option: string, value: Kind | undefined): Kind | undefined {
    if (value === undefined || typeof value === 'function') return value
    throw new BroadcastOptionError(option, 'a function', typeof value, 'Pass a function, or leave it out.')
  }
}
