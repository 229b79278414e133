import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listenOverflows } from './listen-overflows.js'
import { needOpenFiles } from './open-files.js'

function fileWith (t, text) {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'file'), text)
  return join(folder, 'file')
}

test('listen overflows are read by their name', (t) => {
  const path = fileWith(t, 'TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 43\nIpExt: InOctets\nIpExt: 7\n')
  assert.equal(listenOverflows(path), 42)
  assert.equal(listenOverflows('/nowhere'), undefined)
})

test('a limit of open files that is too low says what to do', (t) => {
  const path = fileWith(t, 'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n')
  assert.doesNotThrow(() => needOpenFiles(1_024, path))
  assert.throws(() => needOpenFiles(10_500, path), /allowed 10500 open files, got 1024.*ulimit -Hn 10500/)
  assert.doesNotThrow(() => needOpenFiles(10_500, '/nowhere'))
  assert.doesNotThrow(() => needOpenFiles(10_500, fileWith(t, 'Max open files            unlimited            unlimited            files\n')))
})
