// What can happen to the file of a store: no room, no right to write, and bytes that are not those that were written.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openStore, type Store } from '../../src/config-server/store.js'
import { checkStore } from '../../src/config-server/store-check.js'
import type { Change } from '../../src/dataplane/dataplane.js'
import { LwaftrError } from '../../src/errors.js'
import { recordSize } from '../../src/schema/softwire-record.js'
import { build, softwire, TABLE } from './helper.js'

const COUNT = 20_000
/** A byte of each softwire's B4 address. */
const MARK = 0x5a

function records(count = COUNT): Buffer {
  const bytes = Buffer.alloc(count * recordSize)
  for (let i = 0; i < count; i++) {
    bytes.writeUInt32BE(0x0a000000 + i, i * recordSize)
    bytes.fill(MARK, i * recordSize + 16, i * recordSize + 32)
    bytes[i * recordSize + 47] = 1
  }
  return bytes
}

function put(
  store: Store,
  revision: number,
  softwires: Change['softwires'],
  tree = { kept: 'x'.repeat(9000) },
) {
  const commit = { revision, time: new Date(), who: 'test', via: 'test', summary: 'a change' }
  const undo = { tree: { before: 'y'.repeat(9000) }, softwires: undefined }
  store.persist([{ commit, tree, softwires, undo }], { depth: 10, size: 1e9 })
}

/** A store with something of everything in it; answers its file. */
async function filled(t: Test): Promise<{ directory: string; file: string }> {
  const directory = t.testdir()
  const store = openStore(directory)
  put(store, 1, { replace: records() })
  put(store, 2, { edits: records(1) })
  await store.close()
  return { directory, file: join(directory, 'data.mdb') }
}

function overwrite(file: string, offset: number, bytes: Uint8Array): void {
  const open = openSync(file, 'r+')
  writeSync(open, bytes, 0, bytes.length, offset)
  closeSync(open)
}

t.test('a store that is as it was written is read', async (t) => {
  const { directory } = await filled(t)
  checkStore(directory)
  checkStore(join(directory, 'nothing'))
  const store = openStore(directory)
  t.equal(store.load()?.softwires.count, COUNT)
  await store.close()
})

t.test('a store says why the last commit was not written, until one is', async (t) => {
  const store = openStore(t.testdir())
  t.equal(store.failure, null)
  // JSON does not hold it: the transaction fails half-way through.
  const impossible = { kept: 1n } as unknown as { kept: string }
  t.throws(() => put(store, 1, undefined, impossible), { code: 'storage' })
  t.match(store.failure, /BigInt/)
  put(store, 1, { replace: records(1) })
  t.equal(store.failure, null)
  await store.close()
})

const damages: readonly (readonly [string, (file: string) => void])[] = [
  ['cut in half', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['cut to three pages', (file) => truncateSync(file, 3 * 4096)],
  ['cut to a few bytes', (file) => truncateSync(file, 100)],
  ['cut to nothing', (file) => truncateSync(file, 0)],
  ['begins with zeros', (file) => overwrite(file, 0, Buffer.alloc(8192))],
  ['begins with something else', (file) => overwrite(file, 0, Buffer.alloc(8192, 0xa5))],
  ['is text', (file) => overwrite(file, 0, Buffer.from('softwire-config {\n}\n'.repeat(1000)))],
  [
    'has one bit of one softwire turned over',
    (file) =>
      overwrite(file, readFileSync(file).lastIndexOf(Buffer.alloc(16, MARK)) + 3, Buffer.from([MARK ^ 1])),
  ],
  [
    'has a page of softwires zeroed',
    (file) => {
      const at = readFileSync(file).lastIndexOf(Buffer.alloc(16, MARK))
      overwrite(file, at - (at % 4096), Buffer.alloc(4096))
    },
  ],
  [
    'has a letter of a setting changed',
    (file) => overwrite(file, readFileSync(file).lastIndexOf('xxxx'), Buffer.from('z')),
  ],
  [
    'has a letter of an earlier configuration changed',
    (file) => overwrite(file, readFileSync(file).lastIndexOf('yyyy'), Buffer.from('z')),
  ],
]

for (const [what, damage] of damages)
  t.test(`a store is refused that ${what}, and it is said what to do`, async (t) => {
    const { directory, file } = await filled(t)
    damage(file)
    let said = ''
    try {
      checkStore(directory)
    } catch (problem) {
      t.match(problem, { code: 'damaged' })
      said = problem instanceof LwaftrError ? problem.message : ''
    }
    t.ok(said.startsWith(`${file} is damaged: `), said)
    t.match(said, /put back a copy of it, or start with --reset/)
  })

const skip = process.getuid?.() === 0 ? false : 'needs root, to mount file systems'

/** A file system of its own, of so many megabytes. */
function mounted(t: Test, megabytes: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'lwaftr-test', directory])
  t.teardown(() => {
    execFileSync('umount', ['-l', directory])
    rmdirSync(directory)
  })
  return directory
}

t.test('a full disk refuses what does not fit, and nothing else changes', { skip }, async (t) => {
  const directory = mounted(t, 4)
  const { send, snapshot, dataplane } = await build(t, undefined, join(directory, 'store'))
  const entry = (psid: number) => `${TABLE}/softwire=193.5.1.100,${psid}`
  const body = (psid: number) => ({ 'snabb-softwire-v3:softwire': [softwire('193.5.1.100', psid)] })
  const ballast = join(directory, 'ballast')
  t.throws(() => execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096'], { stdio: 'ignore' }))
  const before = await snapshot()
  let answer = await send('PUT', entry(3), body(3))
  // A few pages may be free inside of the file.
  for (let psid = 4; answer.statusCode < 300 && psid < 64; psid++)
    answer = await send('PUT', entry(psid), body(psid))
  t.equal(answer.statusCode, 409, answer.body)
  t.match(answer.json(), {
    'ietf-restconf:errors': {
      error: [
        {
          'error-type': 'application',
          'error-tag': 'resource-denied',
          'error-message': /^cannot store the configuration: .*[Nn]o space left/,
        },
      ],
    },
  })
  t.equal(dataplane.calls.at(-1), 'abort')
  const full = await snapshot()
  t.ok(full.revision >= before.revision)
  for (let i = 0; i < 3; i++) t.equal((await send('DELETE', TABLE)).statusCode, 409)
  t.same(await snapshot(), full, 'readers see what was there')
  rmSync(ballast)
  t.equal((await send('PUT', entry(63), body(63))).statusCode, 201, 'once there is room it goes on')
  const after = await snapshot()
  t.equal(after.revision, full.revision + 1)
})
