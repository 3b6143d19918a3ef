// Edits in place leave memory behind; the leader gets it back before it matters.
import t from 'tap'
import { formatIpv4 } from '../../src/schema/addresses.js'
import { encodeSoftwire, operationDelete } from '../../src/schema/softwire-record.js'
import { eventually, instance, onlyQueue, open, queue } from './helper.js'

const ADDRESSES = 64
const ROUNDS = 150

/** One softwire of an address in a /23 of its own. */
function softwire(address: number, psidLength: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(address)
  return encodeSoftwire({
    ipv4: formatIpv4(bytes),
    psid: 1,
    'b4-ipv6': `2001:db8::${psidLength}`,
    'br-address': '2001:db8:ffff::1',
    'port-set': { 'psid-length': psidLength },
  })
}

function deletion(address: number, psidLength: number): Uint8Array {
  const record = softwire(address, psidLength)
  record[11] = operationDelete
  return record
}

const addressOf = (round: number, i: number) => 0x0a000000 + (round * ADDRESSES + i) * 512

t.test(
  'addresses that come and go and change their port sets need no more memory than those that are there',
  async (t) => {
    const dataplane = await open(t)
    const nextHops = { nextHopMac: '02:00:00:00:00:99' }
    const { externalInterface, internalInterface } = queue()
    const { nextHopIp: _4, ...external } = externalInterface
    const { nextHopIp: _6, ...internal } = internalInterface
    const still = queue({
      externalInterface: { ...external, ...nextHops },
      internalInterface: { ...internal, ...nextHops },
    })
    const all = Array.from({ length: ADDRESSES }, (_, i) => softwire(addressOf(0, i), 6))
    const change = { instances: [instance('eth1', still)], softwires: { replace: Buffer.concat(all) } }
    await (await dataplane.prepare(change)).apply()
    const atFirst = dataplane.table.memory
    const tables = new Set([dataplane.table])

    let most = 0
    for (let round = 1; round <= ROUNDS; round++) {
      // Every address goes and another comes; then each changes its port set.
      const moves = all.flatMap((_, i) => [
        deletion(addressOf(round - 1, i), 6),
        softwire(addressOf(round, i), 7),
      ])
      const changes = all.flatMap((_, i) => [
        deletion(addressOf(round, i), 7),
        softwire(addressOf(round, i), 6),
      ])
      for (const edits of [moves, changes])
        await (await dataplane.prepare({ softwires: { edits: Buffer.concat(edits) } })).apply()
      tables.add(dataplane.table)
      most = Math.max(most, dataplane.table.memory)
    }
    t.ok(most < 3 * atFirst, `${most} bytes at most, ${atFirst} at first`)
    t.ok(tables.size > 2, `${tables.size} generations`)
    t.equal(dataplane.table.size, ADDRESSES)
    t.same(dataplane.table.get(addressOf(ROUNDS, 3), 1), softwire(addressOf(ROUNDS, 3), 6))
    t.equal(dataplane.table.get(addressOf(ROUNDS - 1, 3), 1), null)
    t.ok(
      await eventually(() => onlyQueue(dataplane).tableGeneration > 1),
      'the worker looks up in a newer one',
    )
  },
)

t.test('more queues than CPUs is worth a warning, once', async (t) => {
  const said: string[] = []
  const dataplane = await open(t, { said, cpus: [0] })
  const two = instance('eth1', queue(), queue({ id: 1 }))
  for (let i = 0; i < 2; i++) await (await dataplane.prepare({ instances: [two] })).apply()
  t.equal(said.filter((line) => /2 queues, but only 1 of the CPUs/.test(line)).length, 1)
})
