import type { FastifyInstance, FastifySchemaValidationError } from 'fastify'

export type SchemaErrorFormatter = Parameters<FastifyInstance['setSchemaErrorFormatter']>[0]

/** More would only help somebody who probes. */
const mostProblems = 10

export interface Problem {
  /** JSON pointer into `data`. */
  readonly path: string
  readonly keyword: string
  readonly message: string
}

/** The error that Fastify would make of the same result, so that error handlers know it. What it says of itself stays. */
export function validationError (result: unknown, format: SchemaErrorFormatter): Error {
  if (result instanceof Error) return complete(result)
  const validation = result as FastifySchemaValidationError[]
  return Object.assign(complete(format(validation, 'body')), { validation })
}

function complete (error: Error): Error {
  return Object.assign(error, { statusCode: 400, code: 'FST_ERR_VALIDATION', validationContext: 'body' }, Object.assign({}, error))
}

/** What the sender is told of `error.validation`. */
export function problemsOf (validation: readonly FastifySchemaValidationError[]): Problem[] {
  return validation.slice(0, mostProblems).map(({ instancePath, keyword, message = 'invalid' }) => ({ path: instancePath, keyword, message }))
}

/**
 * The scope's own formatter. Fastify shows it to nobody, so it is found by the name of its symbol; without that the
 * message is the plain one.
 */
export function formatterOf (scope: FastifyInstance): SchemaErrorFormatter {
  for (let at: object | null = scope; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const symbol of Object.getOwnPropertySymbols(at)) {
      if (symbol.description !== 'fastify.schemaErrorFormatter') continue
      const formatter: unknown = Reflect.get(at, symbol)
      if (typeof formatter === 'function') return formatter as SchemaErrorFormatter
    }
  }
  return plainFormat
}

function plainFormat (problems: FastifySchemaValidationError[]): Error {
  return new Error(problems.map(({ instancePath, message }) => `data${instancePath} ${message}`).join(', '))
}
