import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openOffline } from '../../src/cli/offline.js'
import type { Native } from '../../src/dataplane/native.js'
import { copiesFor, readCpuinfo } from '../../src/dataplane/processor.js'
import { root } from '../../src/root.js'

const HASWELL =
  'fpu sse sse2 pni ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt xsave avx f16c lahf_lm abm bmi1 avx2 bmi2'

t.test('a processor gets the copy that it can run', async (t) => {
  const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t: spectre_v1\n`
  const both = ['dataplane-v3', 'dataplane']
  t.same(copiesFor(cpuinfo(HASWELL)), both)
  for (const flag of HASWELL.split(' ').filter((name) => !['fpu', 'sse', 'sse2'].includes(name)))
    t.same(
      copiesFor(cpuinfo(HASWELL.replace(new RegExp(`\\b${flag}\\b`), ''))),
      ['dataplane'],
      `without ${flag}`,
    )
  t.same(copiesFor('processor\t: 0\nFeatures\t: fp asimd evtstrm aes\n'), ['dataplane'], 'arm64')
  t.same(copiesFor(''), ['dataplane'], 'where nothing is known')
})

const golden = join(root, 'test/golden')
const copies = copiesFor(readCpuinfo()).map((name) => join(root, `build/Release/${name}.node`))
const skip = copies.length < 2 && 'this processor runs the baseline copy alone'

t.test('both copies do the same with every packet of the golden cases', { skip }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lwaftr-copies-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  t.same(copies.map(existsSync), [true, true], 'they are built')
  for (const name of readdirSync(golden)) {
    const conf = join(golden, name, 'config.conf')
    if (!existsSync(conf)) continue
    const { queue, table: softwires } = await openOffline(conf)
    const records = softwires.scan(0, 0, softwires.size)
    softwires.close()
    const onAStick = readFileSync(join(golden, name, 'about.txt'), 'utf8').includes('\non-a-stick')
    const results = copies.map((path) => {
      const { replay, BindingTable } = createRequire(import.meta.url)(path) as Native
      const table = BindingTable.create(null)
      table.build(records)
      const file = (which: string) => join(golden, name, `${which}.pcap`)
      const [v4Out, v6Out] = [join(directory, 'v4.pcap'), join(directory, 'v6.pcap')]
      const files = { v4In: file('in-v4'), v6In: file('in-v6'), v4Out, v6Out }
      const counters = replay({ settings: { ...queue, onAStick }, table, ...files })
      table.close()
      return { counters, v4: readFileSync(v4Out), v6: readFileSync(v6Out) }
    })
    t.same(results[0], results[1], name)
  }
})
