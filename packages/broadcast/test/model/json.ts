import fc from 'fast-check'

/** What JSON can carry, as `JSON.parse` gives it back. */
export const json: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')))
