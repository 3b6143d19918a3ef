// Clients of the config server who come and go, as they do in an operator's network, and as strangers try to: some ask,
// some follow, some leave in the middle of it.
import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Random } from '../crash/storm.js'
import { credentials, type User, type World } from './world.js'

export interface Served {
  readonly clients: number
  /** Answers that were none of those that there could be. */
  readonly complaints: readonly string[]
}

/** Null, or what was wrong. */
type Visit = (world: World, random: Random) => Promise<string | null>

const TREE = '/restconf/data/snabb-softwire-v3:softwire-config'
const READS: readonly string[] = [
  `${TREE}/external-interface`,
  `${TREE}/binding-table/softwire?limit=20`,
  '/restconf/data/snabb-softwire-v3:softwire-state',
  '/restconf/data/ietf-alarms:alarms',
  '/restconf/data/lwaftr:routes',
  '/restconf/data/ietf-restconf-monitoring:restconf-state',
  '/restconf/data?depth=2',
]
/** In milliseconds. */
const PATIENCE = 20_000

const either = (random: Random): User => (random(2) === 0 ? 'operator' : 'guest')

async function expect(world: World, path: string, right: readonly number[], init: RequestInit) {
  const { status } = await fetch(world.relay.url + path, {
    signal: AbortSignal.timeout(PATIENCE),
    ...init,
  }).then(async (answer) => {
    await answer.arrayBuffer()
    return answer
  })
  return right.includes(status) ? null : `${init.method ?? 'GET'} ${path}: ${status}`
}

const reads: Visit = (world, random) => {
  const headers = { ...credentials(either(random)), connection: random(2) === 0 ? 'close' : 'keep-alive' }
  return expect(world, READS[random(READS.length)] as string, [200], { headers })
}

/** Somebody who may see no instances, and not all that metrics say. */
const confined: Visit = async (world) =>
  (await expect(world, `${TREE}/instance`, [200], { headers: credentials('operator') })) ??
  (await expect(world, `${TREE}/instance`, [404], { headers: credentials('guest') })) ??
  (await expect(world, '/metrics', [403], { headers: credentials('guest') }))

/** As a route reflector does: what changed since it last asked. */
const polls: Visit = async (world) => {
  const headers = credentials('operator')
  const first = await fetch(`${world.relay.url}/restconf/data/lwaftr:routes`, { headers })
  await first.arrayBuffer()
  const etag = first.headers.get('etag')
  if (etag === null) return 'the routes have no entity-tag'
  const again = { headers: { ...headers, 'if-none-match': etag } }
  return expect(world, '/restconf/data/lwaftr:routes', [200, 304], again)
}

const refused: Visit = async (world, random) => {
  const type = { 'content-type': 'application/yang-data+json' }
  const bad = [
    [`${TREE}/external-interface`, { 'snabb-softwire-v3:external-interface': { mtu: 1e9 } }],
    [`${TREE}/nothing`, { 'snabb-softwire-v3:nothing': 1 }],
    [TREE, { 'snabb-softwire-v3:softwire-config': { instance: [{ device: `none${random(1e6)}` }] } }],
  ][random(3)] as [string, object]
  const init = { method: 'PATCH', body: JSON.stringify(bad[1]) }
  const headers = { ...type, ...credentials('operator') }
  const guest = { ...init, headers: { ...type, ...credentials('guest') } }
  return (
    (await expect(world, bad[0], [400, 404, 409, 412], { ...init, headers })) ??
    (await expect(world, bad[0], [400, 403, 404, 409, 412], guest))
  )
}

/** From anywhere on this machine, with nothing or with what is wrong. */
const strangers: Visit = (world, random) =>
  new Promise((resolve) => {
    const headers = random(2) === 0 ? {} : { authorization: `Bearer guess-${random(1e9)}` }
    const localAddress = `127.${random(200)}.${random(200)}.${1 + random(200)}`
    const options = { headers, localAddress, agent: false, timeout: PATIENCE } as const
    const request = get(`${world.relay.url}/restconf/data`, options, (answer) => {
      answer.resume()
      const { statusCode = 0 } = answer
      answer.on('close', () =>
        resolve([401, 429].includes(statusCode) ? null : `a stranger got ${statusCode}`),
      )
    })
    request.on('error', (problem) => resolve(`a stranger: ${problem.message}`))
  })

const halves: Visit = (world, random) =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(world.relay.url)
    const socket = connectTcp(Number(port), hostname, () => {
      const { authorization } = credentials('operator')
      const head = `PUT ${TREE} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Type: application/yang-data+json\r\n`
      const whole = `${head}Content-Length: 100000\r\n\r\n{"a": "${'x'.repeat(random(60_000))}`
      socket.write(random(3) === 0 ? Buffer.alloc(random(2000), 0xfe) : whole.slice(0, random(whole.length)))
      setTimeout(() => {
        if (random(2) === 0) socket.resetAndDestroy()
        else socket.destroy()
        resolve(null)
      }, random(200))
    })
    socket.on('error', () => {})
    socket.resume()
  })

const STREAMS = ['config', 'binding-table', 'routes', 'state', 'alarms'] as const

const follows: Visit = async (world, random) => {
  const socket = openSocket(world, either(random))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const subscribe = () => {
    const stream = STREAMS[random(STREAMS.length)] as string
    const interval = stream === 'state' ? { 'interval-ms': 100 + random(900) } : {}
    const entry = `/softwire-config/binding-table/softwire[ipv4=193.5.1.${random(8)}][psid=${random(64)}]`
    const filter = stream === 'binding-table' && random(2) === 0 ? { filter: entry } : {}
    return { stream, ...interval, ...filter }
  }
  socket.on('open', () => {
    for (let id = 0; id <= random(5); id++)
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'subscribe', params: subscribe() }))
  })
  await sleep(random(500))
  if (random(2) === 0) socket.close()
  else socket.terminate()
  await closed
  return null
}

/** Comes twice: the second time it says what it has. */
const listens: Visit = async (world, random) => {
  const path = `/streams/${STREAMS[random(STREAMS.length)]}/${random(2) === 0 ? 'json' : 'xml'}`
  let id: string | undefined
  for (let time = 0; time < 2; time++) {
    const more = id === undefined ? {} : { 'last-event-id': id }
    const headers = { ...credentials(either(random)), accept: 'text/event-stream', ...more }
    const leave = new AbortController()
    const answer = await fetch(world.relay.url + path, { headers, signal: leave.signal })
    if (answer.status !== 200) return `${path}: ${answer.status}`
    const reading = (async () => {
      const decoder = new TextDecoder()
      for await (const piece of answer.body ?? []) id = /^id: (.*)$/m.exec(decoder.decode(piece))?.[1] ?? id
    })().catch(() => {})
    await sleep(random(400))
    leave.abort()
    await reading
  }
  return null
}

const captures: Visit = async (world, random) => {
  const leave = new AbortController()
  const answer = await fetch(`${world.relay.url}/restconf/operations/lwaftr:capture`, {
    method: 'POST',
    headers: { ...credentials('operator'), 'content-type': 'application/yang-data+json' },
    body: JSON.stringify({ 'lwaftr:input': { filter: ['', 'ip6', 'icmp'][random(3)], duration: 2 } }),
    signal: leave.signal,
  })
  if (![200, 409].includes(answer.status)) return `a capture: ${answer.status}`
  const reading = answer.arrayBuffer().catch(() => {})
  await sleep(random(1000))
  leave.abort()
  await reading
  return null
}

/** As often as they stand here. */
const VISITS: readonly Visit[] = [
  ...[reads, reads, reads, reads, reads, polls, polls, polls],
  ...[follows, follows, listens, confined, refused, strangers, halves],
]

/** `rate` clients a second, one after another, and now and then one who captures. */
export async function visitUntil(
  over: AbortSignal,
  world: World,
  random: Random,
  rate: number,
): Promise<Served> {
  const complaints: string[] = []
  const under = new Set<Promise<void>>()
  let clients = 0
  for (let due = performance.now(); !over.aborted; due += 1000 / rate) {
    await sleep(Math.max(0, due - performance.now()))
    await world.settled()
    const { relay } = world
    const visit = random(200) === 0 ? captures : (VISITS[random(VISITS.length)] as Visit)
    clients++
    const one = visit(world, random)
      .catch((problem: unknown) => String((problem as { cause?: unknown }).cause ?? problem))
      // Whose leader went got no answer, which is no wrong one.
      .then((wrong) => {
        if (wrong !== null && relay === world.relay && !world.betweenLeaders) complaints.push(wrong)
        under.delete(one)
      })
    under.add(one)
  }
  await Promise.all(under)
  return { clients, complaints }
}

export function openSocket(world: World, user: User): WebSocket {
  const url = `${world.relay.url.replace('http', 'ws')}/ws`
  const socket = new WebSocket(url, ['lwaftr.v1'], { perMessageDeflate: false, headers: credentials(user) })
  return socket.on('error', () => {})
}
