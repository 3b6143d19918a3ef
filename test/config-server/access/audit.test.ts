// The audit log as a file: moved away by logrotate, on a full disk, in a place where none can be.
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { AuditFile } from '../../../src/config-server/access/audit.js'

const denied = { event: 'denied', user: 'ann', from: '192.0.2.1', what: 'GET /' } as const
const fail = (problem: unknown) => {
  throw problem
}

t.test('a log that was moved away goes on in a new one when it is told to', (t) => {
  const path = join(t.testdir(), 'audit.log')
  const file = new AuditFile(path, fail)
  file.write({ ...denied, what: 'GET /1' })
  renameSync(path, `${path}.1`)
  file.write({ ...denied, what: 'GET /2' })
  file.reopen()
  file.write({ ...denied, what: 'GET /3' })
  file.close()
  const said = (name: string) =>
    readFileSync(name, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).what)
  t.same([said(`${path}.1`), said(path)], [['GET /1', 'GET /2'], ['GET /3']])
  t.end()
})

t.test('a full disk is complained of, and stops no change', (t) => {
  const complaints: unknown[] = []
  const file = new AuditFile('/dev/full', (problem) => complaints.push(problem))
  file.write(denied)
  t.match(complaints, [{ code: 'ENOSPC' }])
  file.close()
  t.end()
})

t.test('where no file can be there is no log, and the one that was goes on', (t) => {
  t.throws(() => new AuditFile('/none/audit.log', fail), {
    code: 'file',
    message: /^\/none\/audit\.log: ENOENT/,
  })
  const folder = t.testdir({ log: {} })
  const file = new AuditFile(join(folder, 'log/audit'), fail)
  renameSync(join(folder, 'log'), join(folder, 'old'))
  t.throws(() => file.reopen(), { code: 'file' })
  file.write(denied)
  file.close()
  t.match(JSON.parse(readFileSync(join(folder, 'old/audit'), 'utf8')), denied)
  t.end()
})
