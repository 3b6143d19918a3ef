// Certificates that are renewed while the server runs, and what is found there halfway.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { followTls, readTls } from '../src/tls.js'

const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed'

t.test('a certificate half written is complained of and waited for', { skip }, async (t) => {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(t.testdir(), name)) as [string, string]
  const words = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=relay',
  ]
  const made = spawnSync('openssl', ['req', ...words, '-days', '1', '-keyout', key, '-out', cert])
  t.equal(made.status, 0, String(made.stderr))
  const files = { cert, key, clientCa: undefined }
  const used: unknown[] = []
  const complaints: unknown[] = []
  const follower = followTls(
    files,
    (options) => used.push(options.cert),
    (problem) => complaints.push(problem),
  )
  t.teardown(() => follower.close())
  const whole = readFileSync(cert)
  // Something must keep the process: what follows a file does not.
  const until = async (condition: () => boolean) => {
    while (!condition()) await sleep(50)
  }

  // Again and again: what is there when the first look is taken is no change.
  await until(() => {
    writeFileSync(cert, whole.subarray(0, 200))
    return complaints.length > 0
  })
  t.match(complaints, [{ code: 'file', message: /cert\.pem, .*key\.pem: not usable for TLS: / }])
  t.throws(() => follower.reload(), { code: 'file' }, 'and who asks is told')
  t.same(used, [])

  writeFileSync(cert, whole)
  await until(() => used.length > 0)
  t.same(used, [whole])
})

t.test('a certificate that is not there has its file named', async (t) => {
  t.throws(() => readTls({ cert: '/none/cert.pem', key: '/none/key.pem', clientCa: undefined }), {
    code: 'file',
    message: /^\/none\/cert\.pem: ENOENT/,
  })
})
