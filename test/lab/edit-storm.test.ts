// Edits by the thousand, and who is not edited notices nothing.
//
// Half a minute of it in `npm run test:lab`. It offers 1000 edits a second and says how many were done.
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Connection } from '../../bench/http.js'
import { BR_ADDRESS, INTERNET } from '../../src/lab/addresses.js'
import { continuousPing } from '../../src/lab/ping.js'
import { long, openLab, skip } from './helper.js'

const SECONDS = long ? 30 : 5
const EDITS_A_SECOND = 1000
const ADDRESSES = 500
/** Edits under way; beyond that the storm waits, for a disk that is slow. */
const DEPTH = 64
const TICK = 10

const TABLE = '/restconf/data/snabb-softwire-v3:softwire-config/binding-table'

/** What happens to an address's only softwire, round by round: it comes, moves, goes, and comes with another port set. */
function edit(n: number): { method: string; path: string; body?: string } {
  const address = n % ADDRESSES
  const round = Math.floor(n / ADDRESSES)
  const ipv4 = `10.200.${address >> 8}.${address & 255}`
  const path = `${TABLE}/softwire=${ipv4},1`
  if (round % 3 === 2) return { method: 'DELETE', path }
  const ends = { 'b4-ipv6': `2001:db8:b4:${(n & 0xffff).toString(16)}::1`, 'br-address': BR_ADDRESS }
  const softwire = { ipv4, psid: 1, ...ends, 'port-set': { 'psid-length': 2 + (Math.floor(round / 3) % 8) } }
  return { method: 'PUT', path, body: JSON.stringify({ 'snabb-softwire-v3:softwire': [softwire] }) }
}

t.test('an edit storm costs other softwires no packet', { skip }, async (t) => {
  const lab = await openLab(t)
  const pings = (['whole', 'sharing'] as const).map((which) =>
    continuousPing(lab.subscriber(which).host, INTERNET.ipv4, { interval: 0.005 }),
  )
  for (const ping of pings) t.ok(await ping.firstAnswer(10_000))

  const connection = await Connection.open(lab.relay.url)
  const refused: string[] = []
  let sent = 0
  let underWay = 0
  const begin = Date.now()
  for (let now = 0; now < SECONDS * 1000; now = Date.now() - begin) {
    while (sent < (now / 1000) * EDITS_A_SECOND && underWay < DEPTH) {
      const { method, path, body } = edit(sent++)
      underWay++
      void connection.request(method, path, body).then(({ status, head }) => {
        underWay--
        if (status !== 201 && status !== 204) refused.push(`${method} ${path}: ${head.split('\r\n')[0]}`)
      })
    }
    await sleep(TICK)
  }
  while (underWay > 0) await sleep(TICK)
  const seconds = (Date.now() - begin) / 1000
  connection.close()
  t.comment(`${sent} edits in ${seconds.toFixed(1)} s, ${Math.round(sent / seconds)} a second`)
  t.same(refused, [], 'no edit failed')

  for (const ping of pings) {
    const { received, missed } = await ping.stop()
    t.equal(missed, 0, `${received} pings answered`)
    t.ok(received > SECONDS * 50)
  }
})
