import { type Database, open } from 'lmdb'
import t, { type Test } from 'tap'
import { compareKeys, withOperation } from '../../src/config-server/softwire-scan.js'
import { openStore, type Store } from '../../src/config-server/store.js'
import type { Change } from '../../src/dataplane/dataplane.js'
import type { JsonObject } from '../../src/schema/json-types.js'
import { encodeSoftwire, recordSize } from '../../src/schema/softwire-record.js'
import { softwire } from './helper.js'

const commit = { who: 'test', via: 'test', summary: 'a change', time: new Date(0) }

function persist(
  store: Store,
  revision: number,
  tree: JsonObject | undefined,
  softwires: Change['softwires'],
) {
  const undo = { tree: undefined, softwires: undefined }
  store.persist([{ commit: { ...commit, revision }, tree, softwires, undo }], { depth: 10, size: 1000 })
}

const record = (n: number, b4 = 1) =>
  encodeSoftwire({
    ...softwire(`193.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0),
    'b4-ipv6': `2001:db8::${b4.toString(16)}`,
    'port-set': { 'psid-length': 0 },
  } as JsonObject)

/** A store, and what it says is in it, asked anew as after a restart. */
async function stored(t: Test) {
  const directory = t.testdir()
  let store = openStore(directory)
  let revision = 0
  t.teardown(() => store.close())
  return {
    replace: (records: Uint8Array[]) => persist(store, ++revision, {}, { replace: Buffer.concat(records) }),
    edit: (records: Uint8Array[]) => persist(store, ++revision, undefined, { edits: Buffer.concat(records) }),
    reopened: async () => {
      await store.close()
      store = openStore(directory)
      return Buffer.from(store.load()?.softwires.bytes ?? [])
    },
  }
}

/** Numbers that look random and are the same in every run. */
function* scattered(below: number): Generator<number> {
  for (let n = 1; ; n = (Math.imul(n, 48271) >>> 0) % 0x7fffffff || 1) yield n % below
}

t.test('softwires come back in the order of their keys, however they were given', async (t) => {
  const { replace, reopened } = await stored(t)
  for (const count of [0, 1, 83, 84, 85, 1000]) {
    const records = Array.from({ length: count }, (_, n) => record(n))
    replace([...records].reverse())
    t.same(await reopened(), Buffer.concat(records), `${count} softwires`)
  }
})

t.test('a page that is split where it began loses nothing', async (t) => {
  const { replace, edit, reopened } = await stored(t)
  const [below, here] = [0, 64].map((from) => Array.from({ length: 64 }, (_, n) => record(from + n)))
  replace(here ?? [])
  edit(below ?? [])
  t.same(await reopened(), Buffer.concat([...(below ?? []), ...(here ?? [])]))
})

t.test('one edit after another, of the first, the last and those between, finds its page', async (t) => {
  const { edit, reopened } = await stored(t)
  const expected = new Map<number, Uint8Array>()
  const numbers = scattered(400)
  for (let round = 0; round < 1000; round++) {
    const n = numbers.next().value as number
    const gone = round % 3 > 0 && expected.delete(n)
    if (!gone) expected.set(n, record(n, round + 1))
    edit([gone ? withOperation(record(n), 'delete') : record(n, round + 1)])
  }
  const inOrder = [...expected].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
  t.same(await reopened(), Buffer.concat(inOrder))
})

t.test('any edits of any softwires are there after a restart, and nothing else is', async (t) => {
  const { replace, edit, reopened } = await stored(t)
  const expected = new Map(Array.from({ length: 500 }, (_, n) => [2 * n + 1000, record(2 * n + 1000)]))
  replace([...expected.values()])
  const numbers = scattered(3000)
  for (const count of [1, 3, 1, 200, 1, 900, 2000, 5]) {
    const edits = new Map<number, Uint8Array>()
    for (let i = 0; i < count; i++) {
      const n = numbers.next().value as number
      const isThere = expected.has(n)
      // More comes than goes, then more goes than comes.
      if (isThere && (count === 2000 || n % 3 === 0)) edits.set(n, withOperation(record(n), 'delete'))
      else edits.set(n, record(n, count))
    }
    for (const [n, change] of edits) {
      if (change[11] === 1) expected.delete(n)
      else expected.set(n, change)
    }
    edit([...edits.values()])
    t.same(await reopened(), Buffer.concat([...expected.values()].sort(compareKeys)), `${count} edits`)
  }
})

t.test('the first softwire, one before it, the last and all can be deleted', async (t) => {
  const { edit, reopened } = await stored(t)
  const [one, two, three] = [record(1), record(2), record(3)]
  const gone = (which: Uint8Array) => withOperation(which, 'delete')
  for (const [edits, left] of [
    [[two], [two]],
    [
      [three, one],
      [one, two, three],
    ],
    [[gone(one)], [two, three]],
    [[gone(record(0))], [two, three]],
    [
      [gone(three), one],
      [one, two],
    ],
    [[gone(two), gone(one)], []],
    [[three], [three]],
  ] as const) {
    edit([...edits])
    t.same(await reopened(), Buffer.concat(left))
  }
})

t.test('pages that were split are not left nearly empty', async (t) => {
  const directory = t.testdir()
  const store = openStore(directory)
  const records = Array.from({ length: 850 }, (_, n) => record(2 * n))
  persist(store, 1, {}, { replace: Buffer.concat(records) })
  for (let n = 0; n < 850; n++) persist(store, n + 2, undefined, { edits: record(2 * n + 1) })
  await store.close()
  const root = open({ path: directory, maxDbs: 3, noSubdir: false, readOnly: true })
  const pages: Database<Buffer, Buffer> = root.openDB('softwires', {
    encoding: 'binary',
    keyEncoding: 'binary',
  })
  const sizes = [...pages.getRange()].map(({ value }) => Math.floor(value.length / recordSize))
  t.equal(
    sizes.reduce((sum, size) => sum + size),
    1700,
  )
  t.ok(Math.max(...sizes) <= 84)
  t.ok(sizes.length <= 1700 / 40, `${sizes.length} pages`)
  await root.close()
})

t.test('what a store of the first format holds is taken over', async (t) => {
  const directory = t.testdir()
  const records = Array.from({ length: 200 }, (_, n) => record(n, n + 1))
  let store = openStore(directory)
  persist(store, 1, { kept: true }, { replace: Buffer.concat(records) })
  await store.close()

  const root = open({ path: directory, maxDbs: 3, noSubdir: false, encoding: 'json' })
  const entries = root.openDB('softwires', { encoding: 'binary', keyEncoding: 'binary' })
  root.transactionSync(() => {
    entries.clearSync()
    for (const each of records) {
      const key = Buffer.from([...each.subarray(0, 4), each[5] as number, each[4] as number])
      entries.putSync(key, Buffer.from(each.subarray(6)))
    }
    root.openDB('meta', { encoding: 'json' }).putSync('format', 1)
  })
  await root.close()

  for (const time of ['at once', 'after another restart']) {
    store = openStore(directory)
    const saved = store.load()
    t.same(Buffer.from(saved?.softwires.bytes ?? []), Buffer.concat(records), time)
    t.match(saved, { commit: { revision: 1 }, tree: { kept: true } })
    await store.close()
  }
})
