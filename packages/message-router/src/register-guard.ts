import type { FastifyInstance } from 'fastify'
import { InvalidOptionError } from './errors.ts'

type Register = (this: FastifyInstance, plugin: unknown, options?: unknown) => unknown

const skipsOverride: unique symbol = Symbol.for('skip-override') as never
const displayName: unique symbol = Symbol.for('fastify.display-name') as never

interface Plugin {
  readonly [skipsOverride]?: boolean
  readonly [displayName]?: string
  readonly name: string
}

/**
 * `messageHooks` often say who may send, so they must never be dropped. Fastify tells us the register options of plugins
 * that make a scope, but not those of a plugin that makes none, such as one wrapped by `fastify-plugin`, and not what a
 * function makes of them. So `register` itself refuses both.
 */
export function guardRegister (app: FastifyInstance): void {
  const register = app.register as Register
  const guarded: Register = function (plugin, options) {
    if (typeof options === 'function') return register.call(this, plugin, watched(options))
    return register.call(this, concernsMessages(options) ? scoped(plugin) : plugin, options)
  }
  app.register = guarded as FastifyInstance['register']
}

function concernsMessages (options: unknown): boolean {
  const { messageHooks, messagePrefix } = (options ?? {}) as { messageHooks?: unknown, messagePrefix?: unknown }
  return messageHooks !== undefined || messagePrefix !== undefined
}

/** @throws {FRT_ERR_MESSAGE_OPTION} when the plugin makes no scope; what `import()` promises rejects with it */
function scoped (plugin: unknown): unknown {
  if (plugin instanceof Promise) {
    const checked = plugin.then(scoped)
    // Fastify listens to it when its turn comes, which may be later than Node waits.
    checked.catch(() => {})
    return checked
  }
  const { default: inside = plugin as Plugin | undefined } = (plugin ?? {}) as { default?: Plugin }
  if (inside?.[skipsOverride] !== true) return plugin
  const { [displayName]: display, name } = inside
  throw new InvalidOptionError('register options', `"${display ?? name}" makes no scope that messageHooks and messagePrefix could hold for: ` +
    'give fastify-plugin { encapsulate: true }, register it inside a scope that has them, or give the hooks to its messages')
}

/** Called while the plugin is loaded, where an error would end the process: it is told when the app gets ready. */
function watched (optionsOf: Function): (instance: FastifyInstance) => unknown {
  return (instance) => {
    const options: unknown = optionsOf(instance)
    if (concernsMessages(options)) {
      instance.addHook('onReady', async () => {
        throw new InvalidOptionError('register options', 'messageHooks and messagePrefix must be in an object, but a function gave them: Fastify calls it when the scope is made already')
      })
    }
    return options
  }
}
