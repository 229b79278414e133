/** The options over the defaults; one that is `undefined` counts as left out. */
export function withDefaults<Options extends object> (defaults: Options, options: Partial<Options>): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
