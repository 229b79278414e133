import type { FastifyInstance, FastifySchemaValidationError } from 'fastify'
import { MessageSchemaError } from './errors.ts'
import { isThenable } from './thenable.ts'
import { formatterOf, validationError, type SchemaErrorFormatter } from './validation-error.ts'

/** What comes out of a validator: the data as the schema made it, or an error that is ready to be thrown. */
export type Validation = { readonly error: Error } | { readonly data: unknown }

/** Checks data; a promise only for schemas that are asynchronous themselves. */
export type Validate = (data: unknown) => Validation | Promise<Validation>

interface Compiled {
  (data: unknown, context?: object): unknown
  errors?: FastifySchemaValidationError[] | null
  /** Only functions compiled by Ajv have it. */
  schemaEnv?: unknown
}

/**
 * Compiles with the scope's own compiler, custom ones included.
 * @throws {FRT_ERR_MESSAGE_SCHEMA}
 */
export function compileData (scope: FastifyInstance, type: string, schema: unknown): Validate {
  const compiler = scope.validatorCompiler
  if (compiler === undefined) throw new MessageSchemaError('data', type, 'the routes of its scope are built already')
  let compiled: Compiled
  try {
    compiled = compiler({ schema, method: 'POST', url: type, httpPart: 'body' }) as Compiled
  } catch (cause) {
    throw Object.assign(new MessageSchemaError('data', type, (cause as Error).message), { cause })
  }
  const format = formatterOf(scope)
  return compiled.schemaEnv === undefined
    ? (data) => judge(compiled, format, data, compiled(data))
    : withRoot(compiled, format)
}

/** Ajv coerces a root value by writing to its parent; one parent is enough, since it works synchronously. */
function withRoot (compiled: Compiled, format: SchemaErrorFormatter): Validate {
  const parent: { data: unknown } = { data: undefined }
  const context = { parentData: parent, parentDataProperty: 'data' }
  return (data) => {
    parent.data = data
    const result = compiled(data ?? null, context)
    const coerced = parent.data
    parent.data = undefined
    return judge(compiled, format, coerced, result)
  }
}

function judge (compiled: Compiled, format: SchemaErrorFormatter, data: unknown, result: unknown): Validation | Promise<Validation> {
  if (result === true) return { data }
  if (result === false) return { error: validationError(compiled.errors, format) }
  if (isThenable(result)) return judgeLater(compiled, format, data, result)
  if (typeof result !== 'object' || result === null) return { data }
  if ('error' in result && result.error) return { error: validationError(result.error, format) }
  return { data: 'value' in result ? result.value : data }
}

/** As Fastify has it, an asynchronous validator only passes or fails: its value is data of the sender. */
async function judgeLater (compiled: Compiled, format: SchemaErrorFormatter, data: unknown, result: PromiseLike<unknown>): Promise<Validation> {
  try {
    return await result === false ? { error: validationError(compiled.errors, format) } : { data }
  } catch (error) {
    return { error: validationError(error, format) }
  }
}
