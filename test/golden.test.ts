import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../src/root.js'
import { lwaftr } from './cli/lwaftr.js'

const golden = join(root, 'test/golden')
const cases = readdirSync(golden).filter((name) => existsSync(join(golden, name, 'config.conf')))
const out = mkdtempSync(join(tmpdir(), 'lwaftr-golden-'))
t.teardown(() => rmSync(out, { recursive: true }))

/** Frames of a classic little-endian pcap, in hex, one a line. */
function frames(file: string): string[] {
  const pcap = readFileSync(file)
  const found: string[] = []
  for (let at = 24; at < pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8)
    found.push(pcap.toString('hex', at + 16, at + 16 + length))
    at += 16 + length
  }
  return found
}

t.ok(cases.length > 100, 'the golden cases are there')

for (const name of cases) {
  const at = (file: string) => join(golden, name, file)
  const [sentence = name, ...modes] = readFileSync(at('about.txt'), 'utf8').trim().split('\n')
  t.test(sentence, async (t) => {
    const args = modes.map((mode) => `--${mode}`)
    const files = ['config.conf', 'in-v4.pcap', 'in-v6.pcap'].map(at)
    const [v4, v6] = ['v4', 'v6'].map((side) => join(out, `${name}-${side}.pcap`)) as [string, string]
    t.same(lwaftr('check', ...args, ...files, v4, v6, at('counters.json')), {
      status: 0,
      stdout: '',
      stderr: '',
    })
    t.same(frames(v4), frames(at('out-v4.pcap')), 'towards the internet')
    t.same(frames(v6), frames(at('out-v6.pcap')), 'towards the subscribers')
  })
}

t.test('docs/rfc7596.md names only cases that exist', async (t) => {
  const named = readFileSync(join(root, 'docs/rfc7596.md'), 'utf8').match(/[a-z0-9]+(-[a-z0-9]+){4,}/g) ?? []
  t.ok(named.length > 20)
  const known = new Set(cases)
  t.same(
    named.filter((name) => !known.has(name) && !name.startsWith('drop-')),
    [],
  )
})
