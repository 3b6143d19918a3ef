// What sslscan, which is not ours, finds wrong with the TLS that the config server speaks.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { door, people, run, skip } from '../config-server/access/door.js'

const noScanner = spawnSync('sslscan', ['--version']).error ? 'sslscan is not installed' : skip

/** Attributes of all elements of a name, in order. */
function elements(xml: string, name: string): Record<string, string>[] {
  return [...xml.matchAll(new RegExp(`<${name}\\b([^>]*)/?>`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries(
      [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = '', value]) => [key, value ?? '']),
    ),
  )
}

t.test(
  'a scanner finds TLS 1.2 and 1.3 with forward secrecy, and nothing old',
  { skip: noScanner },
  async (t) => {
    const { port } = await door(t, people())
    const { stdout } = await run('sslscan', [
      '--xml=-',
      '--no-colour',
      '--connect-timeout=30',
      `127.0.0.1:${port}`,
    ])
    const protocols = elements(stdout, 'protocol').map(({ type, version, enabled }) => [
      `${type} ${version}`,
      enabled,
    ])
    t.same(protocols, [
      ['ssl 2', '0'],
      ['ssl 3', '0'],
      ['tls 1.0', '0'],
      ['tls 1.1', '0'],
      ['tls 1.2', '1'],
      ['tls 1.3', '1'],
    ])
    t.match(elements(stdout, 'renegotiation'), [{ supported: '0' }])
    for (const { sslversion, vulnerable } of elements(stdout, 'heartbleed'))
      t.equal(vulnerable, '0', `Heartbleed over ${sslversion}`)
    const ciphers = elements(stdout, 'cipher')
    t.ok(ciphers.length >= 5, `${ciphers.length} ciphers`)
    for (const { cipher = '', bits, strength, sslversion } of ciphers) {
      t.ok(
        Number(bits) >= 128 && !['weak', 'medium', 'null', 'anonymous'].includes(strength ?? ''),
        `${cipher}: ${strength}`,
      )
      t.match(
        cipher,
        sslversion === 'TLSv1.3' ? /^TLS_/ : /^ECDHE-.*(GCM|CHACHA20)/,
        `${sslversion} ${cipher}`,
      )
    }
    for (const { name = '', bits } of elements(stdout, 'group'))
      t.ok(Number(bits) >= 112, `group ${name}: ${bits} bits`)
  },
)
