// Every route that the server has, as Fastify itself lists them: none can be forgotten here. To whoever has no credentials,
// or wrong ones, all of them say the same, byte for byte, but for those that RFC 8040 and a load balancer need.
import { readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { Agent, request } from 'node:https'
import t from 'tap'
import { door, people, skip } from '../config-server/access/door.js'
import { bearer } from '../config-server/access/users.js'

interface Answer {
  readonly status: number
  /** All but the time of day, in order, and the body. */
  readonly rest: string
}

/** The listing is a tree: four characters for each level, then a piece of the path. */
function paths(listing: string): string[] {
  const pieces: string[] = []
  return listing
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, indent = '', piece = ''] = /^([│├└─ ]*)(\S+) \(/.exec(line) ?? []
      if (piece === '') throw new Error(`no route: ${line}`)
      pieces.length = indent.length / 4 - 1
      pieces.push(piece)
      return pieces.join('')
    })
}

/** What stands for a parameter: something that is there, and something that is not. */
const PARAMETERS: readonly (readonly [RegExp, string, string])[] = [
  [/^\/restconf\/data\*/, '/restconf/data/snabb-softwire-v3:softwire-config', '/restconf/data/no:such'],
  [/^\*$/, '/', '/no/such/route'],
  [/:datastore/, 'ietf-datastores:running', 'no:such'],
  [/\*$/, '/snabb-softwire-v3:softwire-config', '/no:such'],
  [/\/operations\/:name/, '/operations/lwaftr:validate', '/operations/no:such'],
  [/:file/, 'lwaftr.yang', 'no.yang'],
  [/:name/, 'config', 'no'],
  [/:encoding/, 'json', 'no'],
]

function urlOf(path: string, which: 1 | 2): string {
  const url = PARAMETERS.reduce((url, row) => url.replace(row[0], row[which]), path)
  if (/[*]|\/:/.test(url)) throw new Error(`nothing stands for the parameters of ${path}`)
  return url
}

const OPEN = ['/.well-known/host-meta', '/.well-known/host-meta.json', '/healthz', '/readyz']
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': 'lwaftr.v1',
}

const told = (status: number, headers: object, body: string): Answer => {
  const kept = Object.entries(headers).filter(([name]) => !['date', ':status'].includes(name))
  return { status, rest: JSON.stringify([kept, body]) }
}

t.test('no route tells a stranger more than that he is one', { skip }, async (t) => {
  const limits = { 'failed-logins': 65535 }
  const { 'lwaftr:config-server': users } = people()
  const { app, port, file } = await door(t, { 'lwaftr:config-server': { ...users, limits } })
  const secure = { ca: readFileSync(file('ca.pem')), servername: 'localhost' }
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const session = connectH2(`https://127.0.0.1:${port}`, secure)
  t.teardown(() => {
    agent.destroy()
    session.destroy()
  })

  const http1 = (method: string, path: string, headers: OutgoingHttpHeaders) =>
    new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers, ...secure }
      const asked = request({ ...options, agent: headers.upgrade === undefined ? agent : false })
      asked.on('error', reject).on('response', async (answer) => {
        let body = ''
        for await (const piece of answer.setEncoding('utf8')) body += piece
        resolve(told(answer.statusCode ?? 0, answer.headers, body))
      })
      asked.on('upgrade', (_answer, socket) => {
        socket.destroy()
        resolve({ status: 101, rest: '' })
      })
      asked.end()
    })
  const http2 = (method: string, path: string, headers: OutgoingHttpHeaders) =>
    new Promise<Answer>((resolve, reject) => {
      const stream = session.request({ ...headers, ':method': method, ':path': path }, { endStream: true })
      let body = ''
      stream.setEncoding('utf8').on('data', (piece: string) => {
        body += piece
      })
      let head: object = {}
      stream.on('response', (headers) => {
        head = headers
      })
      stream
        .on('error', reject)
        .on('close', () =>
          resolve(
            told(stream.sentHeaders ? Number((head as { ':status'?: number })[':status']) : 0, head, body),
          ),
        )
    })

  const routes = paths(app.printRoutes({ commonPrefix: false }))
  for (const known of ['/restconf/data*', '/streams/:name/:encoding', '/ws', '/metrics', ...OPEN])
    t.ok(routes.includes(known), `the listing has ${known}`)

  const strangers: readonly (readonly [string, OutgoingHttpHeaders])[] = [
    ['nothing', {}],
    ['another token', bearer('nobody')],
    ['no scheme that there is', { authorization: 'Negotiate YW5u' }],
    ['what matches anything', { 'if-none-match': '*', 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }],
  ]
  const methods = [...'GET HEAD OPTIONS POST PUT PATCH DELETE TRACE'.split(' '), 'PROPFIND', 'REPORT']
  const answers = new Map<string, Set<string>>()
  let asked = 0
  const ask = async (
    method: string,
    url: string,
    how: string,
    [who, headers]: (typeof strangers)[number],
  ) => {
    const words = how === 'Upgrade' ? { ...headers, ...UPGRADE } : headers
    const { status, rest } = await (how === 'HTTP/2' ? http2 : http1)(method, url, words)
    asked++
    // Whoever brings credentials wants to be somebody: wrong ones are wrong there, too.
    if (OPEN.includes(url) && words.authorization === undefined) {
      const expected = ['GET', 'HEAD', 'OPTIONS'].includes(method) ? [200, 204, 304] : [404, 405, 501]
      if (!expected.includes(status)) t.fail(`${how} ${method} ${url} with ${who}: ${status}`)
      return
    }
    if (status !== 401) t.fail(`${how} ${method} ${url} with ${who}: ${status} ${rest}`)
    const credentials = words.authorization === undefined ? 'no credentials' : 'wrong ones'
    const kind = `${how}, ${method === 'HEAD' ? 'HEAD' : 'any method'}, ${credentials}`
    answers.set(kind, (answers.get(kind) ?? new Set()).add(rest))
  }
  const urls = new Set(routes.flatMap((route) => [urlOf(route, 1), urlOf(route, 2)]))
  for (const url of urls)
    for (const stranger of strangers)
      await Promise.all([
        ...methods.flatMap((method) => ['HTTP/1.1', 'HTTP/2'].map((how) => ask(method, url, how, stranger))),
        ask('GET', url, 'Upgrade', stranger),
      ])
  t.equal(answers.size, 10)
  for (const [kind, seen] of answers) t.equal(seen.size, 1, `${kind}: ${[...seen].join(' or ')}`)
  t.comment(`${routes.length} routes, ${asked} requests`)

  const basic = (who: string) => `Basic ${Buffer.from(`${who}:x`).toString('base64')}`
  const names = ['ann', 'nobody', 'local'].map((who) => http1('GET', '/', { authorization: basic(who) }))
  t.equal(new Set((await Promise.all(names)).map(({ rest }) => rest)).size, 1, 'nor who else there is')

  for (const route of routes.filter((route) => route !== '*')) {
    const { status } = await http1('OPTIONS', urlOf(route, 1), bearer('ann'))
    t.not(status, 401, `${route}: whom it knows it lets in`)
  }
})
