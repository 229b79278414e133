import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const missing = `Chromium is not at ${executablePath}: apt-get install -y chromium, or set CHROMIUM`
const skip = !existsSync(executablePath) && missing
if (skip !== false && process.env['CI'] !== undefined) throw new Error(missing)

const app = await buildApp(readConfig({ LOG_LEVEL: 'warn' }))
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const browser = skip === false ? await launch() : undefined

t.teardown(async () => {
  await browser?.close()
  await app.close()
})

function launch (): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']
  return chromium.launch({ executablePath, args })
}

/** A browser of its own, logged in and in the lobby. */
async function enter (name: string, operator = false): Promise<{ page: Page, leave: () => Promise<void>, errors: string[] }> {
  const context = await (browser as Browser).newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(address)
  await page.fill('#login [name=name]', name)
  if (operator) await page.check('#login [name=operator]')
  await page.click('#login button')
  await page.waitForSelector('#status[data-state=open]')
  await page.waitForFunction((own) => document.querySelector('#members')?.textContent?.includes(own), name)
  return { page, leave: () => context.close(), errors }
}

const text = (page: Page, selector: string, expected: string): Promise<unknown> =>
  page.waitForFunction(([where, words]) => document.querySelector(where as string)?.textContent?.includes(words as string), [selector, expected])

t.test('two browsers chat in one room, one closes and the other sees it leave', { skip }, async (t) => {
  const ada = await enter('ada')
  const bob = await enter('bob')
  await text(ada.page, '#members', 'bob')
  await text(bob.page, '#members', 'ada')

  await bob.page.type('[data-action=chat] [name=text]', 'hello from bob')
  await text(ada.page, '#typing', 'bob')
  await bob.page.click('[data-action=chat] button')
  await text(ada.page, '#messages', 'hello from bob')
  await text(bob.page, '#messages', 'hello from bob')

  await bob.leave()
  await ada.page.waitForFunction(() => !document.querySelector('#members')?.textContent?.includes('bob'))
  t.same([ada.errors, bob.errors], [[], []])
  await ada.leave()
})

t.test('a direct message and an order reach the right people', { skip }, async (t) => {
  const ada = await enter('ada')
  const oda = await enter('oda', true)
  await oda.page.fill('[data-action=direct] [name=to]', 'ada')
  await oda.page.fill('[data-action=direct] [name=text]', 'only for ada')
  await oda.page.click('[data-action=direct] button')
  await text(ada.page, '#directs', 'only for ada')

  await ada.page.fill('[data-action=order] [name=item]', 'ristretto')
  await ada.page.click('[data-action=order] button')
  await text(ada.page, '#notifications', 'ristretto')
  await text(oda.page, '#all-orders', 'ristretto')
  t.notMatch(await oda.page.textContent('#directs'), /ristretto/)

  await text(ada.page, '#board', 'ACME')
  await oda.page.click('[data-action=refresh] button')
  await text(oda.page, '#connections', 'ada')
  t.same([ada.errors, oda.errors], [[], []])
  await Promise.all([ada.leave(), oda.leave()])
})

t.test('a page whose connection is cut comes back with what it missed', { skip }, async (t) => {
  const ada = await enter('ada')
  const bob = await enter('bob')
  await ada.page.context().setOffline(true)
  await ada.page.evaluate(() => window.dispatchEvent(new Event('offline')))
  await bob.page.fill('[data-action=chat] [name=text]', 'while you were away')
  await bob.page.click('[data-action=chat] button')
  await text(bob.page, '#messages', 'while you were away')
  await ada.page.context().setOffline(false)
  await text(ada.page, '#messages', 'while you were away')
  t.same([ada.errors, bob.errors], [[], []])
  await Promise.all([ada.leave(), bob.leave()])
})
