import type { FastifyInstance, FastifySchemaValidationError } from 'fastify'
import { MessageSchemaError } from './errors.ts'
import { isThenable } from './thenable.ts'
import { formatterOf, validationError, type SchemaErrorFormatter } from './validation-error.ts'

/**
 * Checks data and answers it as the schema made it; a promise only for schemas that are asynchronous themselves.
 * @throws an error that Fastify would make of what breaks the schema
 */
export type Validate = (data: unknown) => unknown

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

function judge (compiled: Compiled, format: SchemaErrorFormatter, data: unknown, result: unknown): unknown {
  if (result === true) return data
  if (result === false) throw validationError(compiled.errors ?? [], format)
  if (isThenable(result)) return judgeLater(compiled, format, data, result)
  if (typeof result !== 'object' || result === null) return data
  if ('error' in result && result.error) throw validationError(result.error, format)
  return 'value' in result ? result.value : data
}

/** As Fastify has it, an asynchronous validator only passes or fails: its value is data of the sender. */
async function judgeLater (compiled: Compiled, format: SchemaErrorFormatter, data: unknown, result: PromiseLike<unknown>): Promise<unknown> {
  const passed = await result.then((value) => value !== false, (error: unknown) => { throw validationError(error, format) })
  if (!passed) throw validationError(compiled.errors ?? [], format)
  return data
}
