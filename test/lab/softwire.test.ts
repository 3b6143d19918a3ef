// The relay between real kernels: pings and TCP through softwires, edits and a crash meanwhile.
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Driver } from '../../src/dataplane/dataplane.js'
import { INTERNET, SUBSCRIBERS } from '../../src/lab/addresses.js'
import { exec } from '../../src/lab/exec.js'
import { continuousPing, ping, pingUntilAnswered } from '../../src/lab/ping.js'
import { newcomerRequest } from '../../src/lab/suggestions.js'
import { processesOf } from '../../src/lab/sweep.js'
import { obstacleToXdp } from '../dataplane/xdp.js'
import { type Lab, openLab, skip, transfer } from './helper.js'

/** Next hops are resolved within moments of the start, in milliseconds. */
const PATIENCE = 10_000
const MEGABYTE = 1 << 20

const withoutXdp = (await obstacleToXdp(t)) ?? false
t.test('softwires in a lab, by AF_PACKET', { skip }, (t) => softwires(t, 'af-packet'))
t.test('softwires in a lab, by AF_XDP', { skip: withoutXdp }, (t) => softwires(t, 'af-xdp'))

async function softwires(t: Test, driver: Driver): Promise<void> {
  const lab = await openLab(t, driver)
  const whole = lab.subscriber('whole')
  const sharing = lab.subscriber('sharing')
  const newcomer = lab.subscriber('newcomer')
  const { internet } = lab.topology

  await t.test('a subscriber pings the internet through its softwire', async (t) => {
    t.ok(await pingUntilAnswered(whole.host, INTERNET.ipv4, PATIENCE))
    t.match(await ping(whole.host, INTERNET.ipv4), { sent: 3, received: 3 })
  })

  await t.test('the internet pings a subscriber that has an address of its own', async (t) => {
    t.match(await ping(internet, SUBSCRIBERS.whole.ipv4), { sent: 3, received: 3 })
  })

  await t.test('a full-size packet crosses both ways', async (t) => {
    const size = 1500 - 28
    t.match(await ping(whole.host, INTERNET.ipv4, { size }), { received: 3 })
    t.match(await ping(internet, SUBSCRIBERS.whole.ipv4, { size }), { received: 3 })
  })

  await t.test('a subscriber that shares an address pings the internet', async (t) => {
    t.match(await ping(sharing.host, INTERNET.ipv4), { received: 3 })
  })

  await t.test('two subscribers of the relay reach each other', async (t) => {
    t.match(await ping(sharing.host, SUBSCRIBERS.whole.ipv4), { received: 3 })
  })

  await t.test('TCP from a sharing subscriber arrives whole, from a port of its port set', async (t) => {
    const from = { host: sharing.host, address: sharing.ipv4, port: 40_000 }
    const to = { host: internet, address: INTERNET.ipv4, port: 8000 }
    const { good, peer, port } = await transfer({ from, to, bytes: MEGABYTE })
    t.equal(good, MEGABYTE)
    t.equal(peer, SUBSCRIBERS.sharing.ipv4)
    t.equal(port >> (16 - SUBSCRIBERS.sharing.psidLength), SUBSCRIBERS.sharing.psid, `port ${port}`)
  })

  await t.test('TCP from the internet to a subscriber arrives whole', async (t) => {
    const from = { host: internet, address: INTERNET.ipv4, port: 8001 }
    const to = { host: whole.host, address: SUBSCRIBERS.whole.ipv4, port: 80 }
    t.match(await transfer({ from, to, bytes: MEGABYTE }), {
      good: MEGABYTE,
      peer: INTERNET.ipv4,
      port: 8001,
    })
  })

  await t.test('curl adds a softwire: it pings, and another loses nothing', async (t) => {
    t.match(await ping(newcomer.host, INTERNET.ipv4, { count: 1 }), { received: 0 })
    const steady = continuousPing(whole.host, INTERNET.ipv4, { interval: 0.01 })
    t.ok(await steady.firstAnswer(PATIENCE))
    const start = Date.now()
    t.equal(await putNewcomer(lab), '201')
    t.ok(await pingUntilAnswered(newcomer.host, INTERNET.ipv4, PATIENCE))
    t.comment(`${Date.now() - start} ms from the edit to the answer`)
    await sleep(500)
    const { received, missed } = await steady.stop()
    t.equal(missed, 0, `${received} pings answered on another softwire`)
    t.ok(received > 30)
  })

  await t.test('a worker that is killed is back, and its counters with it', async (t) => {
    const [worker] = processesOf(lab.topology.sandbox.id, 'worker')
    t.ok(worker)
    const before = await packetsFromInternet(lab)
    process.kill(worker ?? Number.NaN, 'SIGKILL')
    t.ok(await pingUntilAnswered(whole.host, INTERNET.ipv4, PATIENCE))
    t.not(processesOf(lab.topology.sandbox.id, 'worker')[0], worker)
    t.ok((await packetsFromInternet(lab)) > before)
  })
}

/** The HTTP status of the edit. */
async function putNewcomer(lab: Lab): Promise<string> {
  const { url, body } = newcomerRequest(lab.relay.url)
  const type = 'Content-Type: application/yang-data+json'
  const output = ['-s', '-o', '/dev/null', '-w', '%{http_code}']
  return (await exec('curl', [...output, '-X', 'PUT', '-H', type, '-d', body, url])).stdout
}

async function packetsFromInternet(lab: Lab): Promise<number> {
  const path = 'snabb-softwire-v3:softwire-state/in-ipv4-packets'
  const answer = await fetch(`${lab.relay.url}/restconf/data/${path}`)
  const body = (await answer.json()) as Record<string, string>
  return Number(body['snabb-softwire-v3:in-ipv4-packets'])
}
