// Fetches the peers that are no dependencies of the bench: Bun from the package registry, Gin's modules when Go is there.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

function attempt (what, command, args, options = {}) {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000, ...options })
    process.stdout.write(`${what}: ready\n`)
  } catch (error) {
    process.stdout.write(`${what}: left out (${error.message})\n`)
  }
}

attempt('Bun', 'npm', ['install', '--prefix', here('./.peers'), '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `@oven/bun-linux-${process.arch}@1.4.5`])
attempt('Gin + gorilla/websocket', 'go', ['build', '-o', here('./.peers/gin'), '.'], {
  cwd: here('./peers/gin'), env: { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin` }
})
