/** Clients that people have: curl, and what Python brings along. The server listens; nothing of ours is in the client. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { DATA, ENTRY, entry, own, SIDE, softwires, TABLE, XML_DATA } from './cases/suite.js'
import { listening } from './server.js'

const run = promisify(execFile)

t.test('curl finds the API, reads, creates, changes on condition and deletes', async (t) => {
  const { url, changes } = await listening(t)
  const curl = async (...args: string[]) => {
    const { stdout } = await run('curl', ['-sS', '-w', '\n%{http_code} %{content_type}', ...args])
    const at = stdout.lastIndexOf('\n')
    return { body: stdout.slice(0, at), status: stdout.slice(at + 1).trim() }
  }
  t.match((await curl(`${url}/.well-known/host-meta`)).body, 'href="/restconf"')
  const read = await curl('-H', `Accept: ${XML_DATA}`, `${url}${SIDE}/mtu`)
  t.same(read, { body: '<mtu xmlns="snabb:softwire-v3">1500</mtu>', status: `200 ${XML_DATA}` })

  const body = JSON.stringify(softwires(entry(3)))
  const type = 'Content-Type: application/yang-data+json'
  t.equal((await curl('-X', 'POST', '-H', type, '-d', body, `${url}${TABLE}`)).status, '201')
  t.same(await changes(), ['put 193.5.1.100,3'])

  const head = (await run('curl', ['-sSI', `${url}${SIDE}/mtu`])).stdout
  const tag = /^etag: (.*?)\r?$/im.exec(head)?.[1] ?? ''
  const put = ['-X', 'PUT', '-H', type, '-H', `If-Match: ${tag}`, '-d', JSON.stringify(own('mtu', 1400))]
  t.equal((await curl(...put, `${url}${SIDE}/mtu`)).status, '204')
  t.equal((await changes()).length, 1)
  t.match((await curl(...put, `${url}${SIDE}/mtu`)).status, '412')

  t.equal((await curl('-X', 'DELETE', `${url}${ENTRY}`)).status, '204')
  t.same(await changes(), ['delete 193.5.1.100,1'])
  const broken = await curl('-X', 'PUT', '-H', `Content-Type: ${XML_DATA}`, '-d', '<mtu', `${url}${SIDE}/mtu`)
  t.equal(broken.status, `400 ${XML_DATA}`)
  // A body that is announced with 100-continue, as curl does with large ones.
  const slow = await curl(
    '-X',
    'PUT',
    '-H',
    type,
    '-H',
    'Expect: 100-continue',
    '-d',
    JSON.stringify(own('mtu', 1300)),
    `${url}${SIDE}/mtu`,
  )
  t.equal(slow.status, '204')
})

const PYTHON = `
import http.client, json, sys, urllib.request
import xml.etree.ElementTree as xml
url, data, table = sys.argv[1:]
api = json.load(urllib.request.urlopen(url + '/restconf'))
assert api['ietf-restconf:restconf']['yang-library-version'] == '2019-01-04'
everything = urllib.request.Request(url + data + '?content=config', headers={'Accept': 'application/yang-data+xml'})
root = xml.parse(urllib.request.urlopen(everything)).getroot()
assert root.tag == '{urn:ietf:params:xml:ns:yang:ietf-restconf}data', root.tag
softwires = root.findall('.//{snabb:softwire-v3}softwire')
assert [s.findtext('{snabb:softwire-v3}psid') for s in softwires] == ['1', '2']
connection = http.client.HTTPConnection(url.split('/')[2])
entry = {'ipv4': '193.5.1.100', 'psid': 7, 'br-address': '2001:db8::1', 'b4-ipv6': '2001:db8::7', 'port-set': {'psid-length': 6}}
body = json.dumps({'snabb-softwire-v3:softwire': [entry]})
headers = {'Content-Type': 'application/yang-data+json'}
connection.request('POST', data + table, body, headers)
made = connection.getresponse()
made.read()
assert made.status == 201, made.status
read = json.load(urllib.request.urlopen(made.headers['Location']))
assert read['snabb-softwire-v3:softwire'] == [entry], read
connection.request('POST', data + table, body, headers)
again = connection.getresponse()
problem = json.load(again)['ietf-restconf:errors']['error'][0]
assert (again.status, problem['error-tag']) == (409, 'data-exists'), problem
print('done')
`

t.test('Python finds, reads, creates, and understands what is refused', async (t) => {
  const { url, changes } = await listening(t)
  const { stdout } = await run('python3', ['-c', PYTHON, url, DATA, TABLE.slice(DATA.length)])
  t.equal(stdout, 'done\n')
  t.same(await changes(), ['put 193.5.1.100,7'])
})

for (const [what, text, status] of [
  ['no HTTP at all', 'nonsense\r\n\r\n', 400],
  ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  ['a length that is none', `PUT ${SIDE}/mtu HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n`, 400],
  [
    'two lengths',
    `PUT ${SIDE}/mtu HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    400,
  ],
  ['a method of another protocol', `FLY ${SIDE} HTTP/1.1\r\nHost: x\r\n\r\n`, 400],
] as const)
  t.test(`${what} is refused as RESTCONF refuses`, async (t) => {
    const { port } = await listening(t)
    const socket = connect(port, '127.0.0.1')
    socket.write(text)
    let answer = ''
    socket.on('data', (bytes) => {
      answer += bytes
    })
    socket.on('error', () => {})
    await once(socket, 'close')
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
    t.match(answer, /content-type: application\/yang-data\+json\r\n/i)
    const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))['ietf-restconf:errors']
    t.match(error, [{ 'error-type': 'transport', 'error-tag': /^(malformed-message|too-big)$/ }])
  })
