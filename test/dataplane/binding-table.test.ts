import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { native } from '../../src/dataplane/native.js'
import { encodeSoftwire, operationDelete, SoftwireRecords } from '../../src/schema/softwire-record.js'

const softwire = (ipv4: string, psid: number, psidLength: number, b4 = '2001:db8::1') => ({
  ipv4,
  psid,
  'b4-ipv6': b4,
  'br-address': '2001:db8:ffff::1',
  'port-set': { 'psid-length': psidLength },
})

function records(...softwires: ReturnType<typeof softwire>[]): Uint8Array {
  const list = new SoftwireRecords()
  for (const entry of softwires) list.push(entry)
  return list.bytes
}

function deletion(ipv4: string, psid: number): Uint8Array {
  const record = encodeSoftwire(softwire(ipv4, psid, 0))
  record[11] = operationDelete
  return record
}

const ip = (a: number, b: number, c: number, d: number) => ((a * 256 + b) * 256 + c) * 256 + d

t.test('a table gives back what it was built from, in order', async (t) => {
  const table = native.BindingTable.create(null)
  const entries = [softwire('192.0.2.2', 0, 0), softwire('192.0.2.1', 63, 6), softwire('192.0.2.1', 1, 6)]
  t.equal(table.build(records(...entries)), null)
  t.equal(table.size, 3)
  const [last, second, first] = entries.map(encodeSoftwire)
  t.same([...table.scan(0, 0, 100)], [...Buffer.concat([first, second, last] as Uint8Array[])])
  t.same([...table.scan(ip(192, 0, 2, 1), 2, 1)], [...(second as Uint8Array)], 'from a key on')
  t.same(table.get(ip(192, 0, 2, 1), 63), second)
  t.equal(table.get(ip(192, 0, 2, 1), 62), null)
  t.same(table.portSet(ip(192, 0, 2, 1)), { psidLength: 6, reservedPortsBitCount: 0, softwires: 2 })
  t.equal(table.portSet(ip(192, 0, 2, 3)), null)
  t.ok(table.memory > 1e6 && table.memory < 2e6, 'an almost empty table is small')
})

t.test('a broken rule names both entries and changes nothing', async (t) => {
  const table = native.BindingTable.create(null)
  const twice = records(softwire('192.0.2.1', 1, 6), softwire('192.0.2.2', 1, 6), softwire('192.0.2.1', 1, 6))
  t.same(table.build(twice), { rule: 'duplicate', index: 2, other: 0 })
  t.same(table.build(records(softwire('192.0.2.1', 1, 6), softwire('192.0.2.1', 2, 5))), {
    rule: 'port-set',
    index: 1,
    other: 0,
  })
  t.same(table.build(records(softwire('192.0.2.1', 64, 6))), { rule: 'psid-range', index: 0, other: null })
  t.equal(table.size, 0)
})

t.test('edits count as a whole', async (t) => {
  const table = native.BindingTable.create(null)
  table.build(records(softwire('192.0.2.1', 1, 6)))
  const other = records(softwire('192.0.2.1', 1, 4))
  t.same(table.check(records(softwire('192.0.2.1', 2, 4))), { rule: 'port-set', index: 0, other: null })
  const edits = Buffer.concat([deletion('192.0.2.1', 1), records(softwire('192.0.2.1', 2, 4)), other])
  t.equal(table.check(edits), null)
  table.prepare(edits)
  t.equal(table.portSet(ip(192, 0, 2, 1))?.psidLength, 6, 'prepared is not applied')
  table.apply(edits)
  t.same(table.portSet(ip(192, 0, 2, 1)), { psidLength: 4, reservedPortsBitCount: 0, softwires: 2 })
  t.ok(table.wasted > 0, 'what the old port set leaves behind is known')
})

t.test('records are put in order, and left alone where they are', async (t) => {
  const [a, b, c] = [softwire('9.0.0.1', 1, 6), softwire('9.0.0.1', 2, 6), softwire('200.0.0.0', 0, 6)]
  const ordered = records(a, b, c)
  t.equal(native.BindingTable.inOrder(ordered), ordered)
  t.same(Buffer.from(native.BindingTable.inOrder(records(c, b, a))), Buffer.from(ordered))
  t.equal(native.BindingTable.inOrder(records()).length, 0)
  t.throws(() => native.BindingTable.inOrder(new Uint8Array(47)), RangeError)
  t.throws(() => native.BindingTable.inOrder(null as unknown as Uint8Array), TypeError)
})

t.test('a table in a file takes the place of one that was there, and stays when closed', async (t) => {
  const directory = mkdtempSync('/dev/shm/lwaftr-table-test-')
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'table-1')
  const first = native.BindingTable.create(path)
  const second = native.BindingTable.create(path)
  first.build(records(softwire('192.0.2.1', 1, 6)))
  t.equal(second.size, 0)
  second.close()
  t.equal(statSync(path).mode & 0o777, 0o400)
  t.throws(() => native.BindingTable.create(join(directory, 'no/where')), { code: 'ENOENT' })
})

t.test('wrong arguments are errors, never crashes', async (t) => {
  const table = native.BindingTable.create(null)
  const wild = table as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const method of ['build', 'check', 'prepare', 'apply']) {
    t.throws(() => wild[method]?.call(table), TypeError, method)
    t.throws(() => wild[method]?.call(table, new Uint16Array(24)), TypeError, method)
    t.throws(() => wild[method]?.call(table, new Uint8Array(47)), RangeError, method)
    t.throws(() => wild[method]?.call(table, new Uint8Array(49).subarray(1)), RangeError, method)
    t.throws(() => wild[method]?.call({}, new Uint8Array(48)), TypeError, method)
  }
  for (const [ipv4, psid] of [
    [-1, 0],
    [2 ** 32, 0],
    [0, 65536],
    [0.5, 0],
    [Number.NaN, 0],
  ] as const)
    t.throws(() => table.get(ipv4, psid), RangeError)
  t.throws(() => table.scan(0, 0, -1), RangeError)
  t.throws(() => native.BindingTable.create(undefined as unknown as null), TypeError)
  t.throws(() => native.compileFilter(1 as unknown as string), TypeError)
  t.throws(() => native.replay({} as never), TypeError)
  t.throws(() => native.bench(null as never), TypeError)
  table.close()
  t.throws(() => table.size, /closed/)
})

t.test('filters are judged by libpcap', async (t) => {
  t.equal(native.compileFilter('ip and not port 53'), null)
  t.equal(native.compileFilter(''), null)
  t.match(native.compileFilter('ip and frob'), /syntax error|unknown/)
})

t.test('counters are named once each', async (t) => {
  const names = native.counters().map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
  t.ok(names.includes('in-ipv4-packets'))
})
