/** Anything with the names of all options as its keys, such as the defaults. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: unknown }

/** Options that are none, or one with a name that nobody reads: a misspelt limit must not be a limit that never was. */
export class OptionNameError extends TypeError {
  override readonly name: string = 'OptionNameError'
  readonly code = 'FRT_ERR_OPTION_NAME'
}

/**
 * Answers the options when all names are known. One that is `undefined` counts as left out.
 * @param where what the options are of, such as `memoryBroker` or `topics['room:*']`
 * @throws {OptionNameError} that says which names there are, and which of them was probably meant
 */
export function checkOptionNames<Options extends object> (where: string, options: Options, known: OptionNames<NoInfer<Options>>): Options {
  check(where, options, known, [])
  return options
}

/**
 * The same for a Fastify plugin, which is handed what `register` itself takes, too.
 * @throws {OptionNameError}
 */
export function checkPluginOptionNames<Options extends object> (plugin: string, options: Options, known: OptionNames<NoInfer<Options>>): Options {
  check(plugin, options, known, ['prefix', 'logLevel', 'logSerializers'])
  return options
}

function check (where: string, options: unknown, known: object, others: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionNameError(`${where}: expected an object of options, got ${Array.isArray(options) ? 'a list' : String(options)}`)
  }
  const names = Object.keys(known)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || names.includes(name) || others.includes(name)) continue
    const near = nearest(name, names)
    throw new OptionNameError(`${where}: there is no option "${name}"${near === undefined ? '' : `, did you mean "${near}"?`} (known: ${names.join(', ')})`)
  }
}

/** The name that takes the fewest edits, unless these are more than two in five letters. */
function nearest (name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits * 5 <= Math.max(name.length, candidate.length) * 2)
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate
}

/** Letters to add, leave out or replace (Levenshtein). */
function distance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const [above, left, before] = [row[j + 1], next[j], row[j]] as [number, number, number]
      next.push(Math.min(above + 1, left + 1, before + (a[i] === b[j] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] as number
}
