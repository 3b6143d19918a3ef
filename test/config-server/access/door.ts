// The door as the network meets it: a real server with TLS, certificates of an authority of the test, and curl.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { Access } from '../../../src/config-server/access/access.js'
import type { AuditEntry } from '../../../src/config-server/access/audit.js'
import { TIMEOUTS } from '../../../src/config-server/access/server-limits.js'
import { buildApp } from '../../../src/config-server/app.js'
import { listenTcp } from '../../../src/listen.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { readTls } from '../../../src/tls.js'
import { build, minimal } from '../helper.js'
import { tokenOf, user } from './users.js'

const missing = ['curl', 'openssl'].filter((name) => spawnSync(name, ['version']).error !== undefined)
/** Why there is no door on this machine; false: there is. */
export const skip = missing.length > 0 ? `${missing.join(' and ')} not installed` : false

export const run = promisify(execFile)

/** An authority, a server's certificate and clients', in a directory of the test. */
function certificates(t: Test) {
  const directory = t.testdir()
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const authority of ['ca', 'other'])
    openssl(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${authority}.key`,
      '-out',
      `${authority}.pem`,
      '-days',
      '2',
      '-subj',
      `/CN=${authority}`,
    )
  const sign = (name: string, subject: string, authority = 'ca', names = 'DNS:localhost,IP:127.0.0.1') => {
    openssl(
      'req',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
      '-addext',
      `subjectAltName=${names}`,
    )
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${authority}.pem`,
      '-CAkey',
      `${authority}.key`,
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    )
  }
  sign('server', '/CN=localhost')
  return { file: (name: string) => join(directory, name), sign }
}

export async function door(t: Test, configuration: JsonObject = {}, timeouts = TIMEOUTS) {
  const { file, sign } = certificates(t)
  const audit: AuditEntry[] = []
  const parts = await build(t, { ...minimal, ...configuration })
  const access = new Access(parts, {
    clientCertificates: true,
    required: true,
    audit: (entry) => audit.push(entry),
  })
  const files = { cert: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') }
  const app = buildApp({ ...parts, access, isReady: () => true }, { tls: readTls(files), limits: timeouts })
  t.teardown(() => app.close())
  const { port } = new URL(await listenTcp(app, { host: '127.0.0.1', port: 0 }))
  /** Status, version of HTTP, and body, as curl sees them. */
  const curl = async (path: string, ...words: string[]) => {
    const format = ['-s', '-w', '\n%{http_code} %{http_version}', '--path-as-is', '--cacert', file('ca.pem')]
    const { stdout } = await run('curl', [
      ...format,
      ...words,
      `https://localhost:${port}${path}`,
      '--resolve',
      `localhost:${port}:127.0.0.1`,
    ])
    const end = stdout.lastIndexOf('\n')
    const [status, version] = stdout.slice(end + 1).split(' ')
    return { status: Number(status), version, body: stdout.slice(0, end) }
  }
  return { ...parts, app, audit, curl, file, sign, files, port: Number(port) }
}

export const token = (name: string) => ['-H', `Authorization: Bearer ${tokenOf(name)}`]
export const people = (...more: JsonObject[]) => ({
  'lwaftr:config-server': { user: [user('ann'), ...more] },
})
