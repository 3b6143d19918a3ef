// Who comes in, and who does not: by clients that are not ours.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectH2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { hashPassword } from '../../../src/config-server/access/password.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { readTls } from '../../../src/tls.js'
import { CONFIG, TABLE } from '../helper.js'
import { Client } from '../websocket/client.js'
import { door, people, run, skip, token } from './door.js'
import { tokenOf, user } from './users.js'

t.test('a stranger gets nothing but 401 and the discovery that RFC 8040 asks for', { skip }, async (t) => {
  const { curl, port, file } = await door(t, people())
  const tricks: readonly (readonly [string, ...string[]])[] = [
    ['/restconf'],
    ['/restconf/'],
    ['/restconf/data'],
    [TABLE],
    [`${TABLE}/softwire=193.5.1.100,1`, '-X', 'DELETE'],
    [CONFIG, '-I'],
    [CONFIG, '-X', 'OPTIONS'],
    [CONFIG, '-X', 'PROPFIND'],
    ['/restconf/operations'],
    ['/restconf/operations/lwaftr:validate', '-d', '{}'],
    ['/restconf/ds/ietf-datastores:running'],
    ['/restconf/yang-library-version'],
    ['/metrics'],
    ['/ws'],
    ['/streams/config/json'],
    ['//restconf/data'],
    ['/restconf//data'],
    ['/.well-known/../restconf/data'],
    ['/.well-known/host-meta/../../restconf/data'],
    ['/healthz/../restconf/data'],
    ['/healthz/%2e%2e/restconf/data'],
    ['/%72estconf/data'],
    ['/restconf/data%2f'],
    ['/restconf/data;x=y'],
    ['/healthz%00/restconf/data'],
    ['/.well-known/host-meta?x=/restconf/data', '-X', 'DELETE'],
    [CONFIG, '--http1.1'],
    ['/healthz', '-H', 'X-Original-URL: /restconf/data', '-X', 'PUT'],
    [CONFIG, '-H', 'X-HTTP-Method-Override: GET', '-X', 'POST'],
    [CONFIG, '-H', 'Authorization:'],
    [CONFIG, '-H', 'Authorization: Bearer'],
    [CONFIG, '-H', 'Authorization: Basic YW5u'],
    [CONFIG, '-H', 'Authorization: Negotiate YW5u'],
    [CONFIG, '-u', 'ann:'],
    [CONFIG, '-u', 'local:x'],
    [CONFIG, '-u', 'anonymous:'],
    [CONFIG, '-H', `Authorization: Bearer ${tokenOf('ann')}x`],
    [CONFIG, '-H', 'X-Forwarded-For: 127.0.0.1', '-H', 'X-Remote-User: ann'],
  ]
  for (const [path, ...words] of tricks) {
    const { status, body } = await curl(path, ...words)
    t.ok([400, 401, 404, 405, 429].includes(status), `${words.join(' ')} ${path}: ${status}`)
    t.notMatch(body, /193\.5\.1|eth0|softwire=/, path)
  }
  for (const path of ['/.well-known/host-meta', '/.well-known/host-meta.json', '/healthz', '/readyz'])
    t.equal((await curl(path)).status, 200, path)
  for (const line of [
    'GET https://localhost/restconf/data HTTP/1.1',
    'GET * HTTP/1.1',
    'GET /restconf/data HTTP/1.0',
  ]) {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: readFileSync(file('ca.pem')),
      servername: 'localhost',
    })
    socket.end(`${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    let answer = ''
    for await (const piece of socket) answer += piece
    t.match(answer, /^HTTP\/1\.1 (401|400|404) /, line)
  }
})

t.test('a request that is two to somebody else is none', { skip }, async (t) => {
  const { port, file } = await door(t, people())
  const ambiguous = [
    'Content-Length: 4\r\nTransfer-Encoding: chunked',
    'Content-Length: 4\r\nContent-Length: 5',
    'Transfer-Encoding: chunked, identity',
    'Content-Length: +4',
    'Content-Length : 4',
  ]
  for (const headers of ambiguous) {
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: readFileSync(file('ca.pem')),
      servername: 'localhost',
    })
    socket.end(
      `POST /restconf/data HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokenOf('ann')}\r\n${headers}\r\n\r\n0\r\n\r\nGET /restconf/data HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    )
    let answer = ''
    for await (const piece of socket) answer += piece
    t.match(answer, /^HTTP\/1\.1 400 /, headers)
    t.equal(answer.split('HTTP/1.1 ').length, 2, 'one answer, and the connection is over')
  }
})

t.test('HTTP/2 and 1.1, by password, token and certificate', { skip }, async (t) => {
  const password = await hashPassword('a secret: with colon')
  const { curl, file, sign, audit, store } = await door(
    t,
    people({ name: 'bob', password }, { name: 'carl', 'certificate-name': ['carl@example.net'] }),
  )
  const mtu = (value: number) => [
    '-X',
    'PUT',
    '-H',
    'Content-Type: application/yang-data+json',
    '-d',
    `{"snabb-softwire-v3:mtu":${value}}`,
  ]
  const MTU = `${CONFIG}/external-interface/mtu`
  t.match(await curl(MTU, '--http2', ...token('ann'), ...mtu(1401)), { status: 204, version: '2' })
  t.match(await curl(MTU, '--http1.1', '-u', 'bob:a secret: with colon', ...mtu(1402)), {
    status: 204,
    version: '1.1',
  })
  t.match(await curl(MTU, '-u', 'bob:a secret'), { status: 401 })
  sign('carl', '/CN=whatever', 'ca', 'email:carl@example.net')
  sign('ann', '/CN=ann')
  sign('eve', '/CN=eve')
  sign('forged', '/CN=ann', 'other')
  const certificate = (name: string) => ['--cert', file(`${name}.pem`), '--key', file(`${name}.key`)]
  t.match(await curl(MTU, ...certificate('carl'), ...mtu(1403)), { status: 204 })
  t.match(await curl(MTU, ...certificate('ann'), ...mtu(1404)), { status: 204 })
  t.match(await curl(MTU, ...certificate('eve')), { status: 401 }, 'signed, but nobody’s')
  t.match(await curl(MTU, ...certificate('forged')), { status: 401 }, 'of an authority that is not ours')
  t.same(
    store.history(4).map(({ who }) => who),
    ['ann', 'carl', 'bob', 'ann'],
    'history has their names',
  )
  t.match(audit, [
    { event: 'change', user: 'ann', from: '127.0.0.1', via: 'restconf' },
    { event: 'change', user: 'bob' },
    { event: 'login-failed', user: 'bob', what: 'basic' },
    { event: 'change', user: 'carl' },
    { event: 'change', user: 'ann' },
    { event: 'login-failed', user: 'eve', what: 'certificate' },
    { event: 'login-failed', user: 'ann', what: 'certificate' },
  ])
  t.notMatch(JSON.stringify(audit), /secret/)
})

t.test('no TLS before 1.2', { skip }, async (t) => {
  const { port } = await door(t, people())
  for (const [version, works] of [
    ['-tls1_1', false],
    ['-tls1_2', true],
    ['-tls1_3', true],
  ] as const) {
    const words = ['s_client', '-connect', `127.0.0.1:${port}`, version, '-cipher', 'DEFAULT:@SECLEVEL=0']
    const client = run('openssl', words)
    client.child.stdin?.end()
    const said = await client.catch((failure) => failure)
    t.equal(/Cipher is \(NONE\)|alert protocol version/.test(`${said.stdout}${said.stderr}`), !works, version)
  }
})

t.test('new connections get the new certificate, old ones go on', { skip }, async (t) => {
  const { app, port, file, sign, files } = await door(t, people())
  const options = { port, host: '127.0.0.1', ca: readFileSync(file('ca.pem')), servername: 'localhost' }
  const subject = async (socket: ReturnType<typeof connectTls>) => {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate().subject.OU
  }
  const old = connectTls(options)
  t.equal(await subject(old), undefined)
  sign('server', '/CN=localhost/OU=renewed')
  ;(app.server as unknown as { setSecureContext(options: object): void }).setSecureContext(readTls(files))
  const fresh = connectTls(options)
  t.equal(await subject(fresh), 'renewed')
  old.end(
    `GET /restconf HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokenOf('ann')}\r\nConnection: close\r\n\r\n`,
  )
  let answer = ''
  for await (const piece of old) answer += piece
  t.match(answer, /^HTTP\/1\.1 200 /)
  fresh.destroy()
})

t.test('who guesses is made to wait, and who was right before is not', { skip }, async (t) => {
  const settings = { user: [user('ann')], limits: { 'failed-logins': 3 } }
  const { curl } = await door(t, { 'lwaftr:config-server': settings })
  t.equal((await curl(CONFIG, ...token('ann'))).status, 200)
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await curl(CONFIG, '-u', `ann:${i}`)).status)
  t.same(statuses, [401, 401, 401, 429, 429])
  const { body } = await curl(CONFIG, '-u', 'ann:x', '-D', '-')
  t.match(body, /retry-after: \d+/i)
  t.equal((await curl(CONFIG, ...token('ann'))).status, 200)
})

t.test('a token that has expired is none', { skip }, async (t) => {
  const [entry] = user('bob').token as JsonObject[]
  const expired = { name: 'bob', token: [{ ...entry, expires: '2020-01-01T00:00:00Z' }] }
  const { curl } = await door(t, people(expired))
  t.equal((await curl(CONFIG, ...token('bob'))).status, 401)
})

t.test('requests of one address are as many as the configuration says', { skip }, async (t) => {
  const settings = { user: [user('ann')], limits: { 'request-rate': 1 } }
  const { curl } = await door(t, { 'lwaftr:config-server': settings })
  // One curl asks for all: the window is of ten seconds.
  const { body, status } = await curl('/restconf#[1-11]', '-o', '/dev/null', ...token('ann'))
  const statuses = [...body.matchAll(/^\d+(?= )/gm)].map(Number)
  t.same([...statuses, status], [...Array(10).fill(200), 429])
})

t.test('web pages of the origins that are named, and of no others', { skip }, async (t) => {
  const settings = { user: [user('ann')], 'allowed-origin': ['https://noc.example'] }
  const { curl } = await door(t, { 'lwaftr:config-server': settings })
  const preflight = [
    '-X',
    'OPTIONS',
    '-D',
    '-',
    '-H',
    'Access-Control-Request-Method: PUT',
    '-H',
    'Access-Control-Request-Headers: authorization, content-type',
  ]
  const named = await curl(CONFIG, ...preflight, '-H', 'Origin: https://noc.example')
  t.equal(named.status, 204, 'without credentials: browsers send none')
  t.match(named.body, /access-control-allow-origin: https:\/\/noc\.example\r/i)
  const other = await curl(CONFIG, ...preflight, '-H', 'Origin: https://noc.example.evil')
  t.notMatch(other.body, /access-control-allow-origin/i)
  const remove = await curl(
    `${TABLE}/softwire=193.5.1.100,1`,
    '-X',
    'DELETE',
    ...token('ann'),
    '-H',
    'Origin: https://evil.example',
  )
  t.equal(remove.status, 403)
})

t.test('a WebSocket behind TLS is for whoever shows who he is', { skip }, async (t) => {
  const { port, file, curl } = await door(t, people())
  const url = `wss://localhost:${port}/ws`
  const ca = readFileSync(file('ca.pem'))
  const bearer = (token: string) => ({ ca, headers: { authorization: `Bearer ${token}` } })
  const client = await Client.open(url, bearer(tokenOf('ann')))
  await client.subscribe({ stream: 'binding-table' })
  await client.until((updates) => updates.length === 1)
  const gone = await curl(`${TABLE}/softwire=193.5.1.100,1`, '-X', 'DELETE', ...token('ann'))
  t.equal(gone.status, 204)
  await client.until((updates) => updates.length === 2)
  t.match(client.updates[1], { revision: '2', edits: [{ operation: 'delete' }] })
  await client.close()
  for (const options of [{ ca }, bearer('wrong')])
    await t.rejects(Client.open(url, options), { message: 'Unexpected server response: 401' })
})

t.test('a client that never finishes what it says is cut off', { skip }, async (t) => {
  const { port, file } = await door(t, people(), { headers: 500, request: 1000, idle: 5000 })
  const secure = { port, host: '127.0.0.1', ca: readFileSync(file('ca.pem')), servername: 'localhost' }
  const ended = async (socket: ReturnType<typeof connectTcp>) => {
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'close')
  }
  const halfHeaders = connectTls(secure, () => halfHeaders.write('GET /restconf HTTP/1.1\r\nHost: x\r\nX-'))
  const halfBody = connectTls(secure, () =>
    halfBody.write(
      `POST /restconf/data HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tokenOf('ann')}\r\nContent-Type: application/yang-data+json\r\nContent-Length: 100\r\n\r\n{`,
    ),
  )
  await Promise.all([ended(connectTcp(port, '127.0.0.1')), ended(halfHeaders), ended(halfBody)])
})

t.test('who asks nothing over HTTP/2 is let go, unless he follows a stream', { skip }, async (t) => {
  const { port } = await door(t, people(), { headers: 15_000, request: 1000, idle: 5000 })
  const session = () => {
    const client = connectH2(`https://localhost:${port}`, { rejectUnauthorized: false })
    t.teardown(() => client.destroy())
    return client
  }
  const follows = session()
  const stream = follows.request({
    ':path': '/streams/config/json',
    authorization: `Bearer ${tokenOf('ann')}`,
  })
  await once(stream, 'response')
  await once(session(), 'close')
  await sleep(200)
  t.notOk(follows.closed || stream.closed)
  stream.close()
  await once(follows, 'close')
})
