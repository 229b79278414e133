import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** What the command line asks for; says what is wrong with it and ends otherwise. */
export function parseArguments (argv, scenarios) {
  try {
    const { values } = parseArgs({
      args: argv.filter((argument) => argument !== '--'),
      options: {
        seed: { type: 'string', default: '1' },
        scale: { type: 'string' },
        scenario: { type: 'string' },
        short: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        out: { type: 'string', default: fileURLToPath(new URL('./results', import.meta.url)) }
      }
    })
    const { short, write, out } = values
    return {
      seed: number('--seed', values.seed, 0, 4_294_967_295, Number.isInteger),
      scale: number('--scale', values.scale ?? (short ? '0.2' : '1'), 0.05, 20, Number.isFinite),
      scenarios: chosen(values.scenario, scenarios, short),
      timed: !short,
      write,
      out
    }
  } catch (error) {
    console.error(`${error.message}\nusage: chaos [--seed N] [--scale S] [--scenario a,b] [--short] [--write] [--out folder]`)
    process.exit(2)
  }
}

function number (name, text, low, high, test) {
  const value = Number(text)
  if (test(value) && value >= low && value <= high) return value
  throw new Error(`Expected ${name} to be a number from ${low} to ${high}, got ${text}.`)
}

function chosen (names, scenarios, short) {
  if (names === undefined) return scenarios.filter((scenario) => !short || scenario.short)
  return names.split(',').map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name)
    if (found === undefined) throw new Error(`There is no scenario ${name}. There are ${scenarios.map((scenario) => scenario.name).join(', ')}.`)
    return found
  })
}
