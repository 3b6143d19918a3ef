// Every configuration that we show somebody loads, and has what it says.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { native } from '../src/dataplane/native.js'
import { instanceSettings } from '../src/dataplane/settings.js'
import { root } from '../src/root.js'
import { loadConfiguration } from '../src/schema/formats.js'
import { loadSchema } from '../src/schema/schema.js'

const schema = loadSchema()

/** What it takes to run it, short of its interfaces. */
function loads(
  t: Test,
  text: string,
  file: string,
  expected: { instances: number; softwires: number },
): void {
  const { tree, softwires } = loadConfiguration(schema, Buffer.from(text), { file })
  t.equal(instanceSettings(tree).length, expected.instances)
  t.equal(softwires.count, expected.softwires)
  t.equal(native.BindingTable.create(null).build(softwires.bytes), null)
}

const EXAMPLES = {
  'lab.conf': { instances: 1, softwires: 2 },
  'passthru.conf': { instances: 2, softwires: 1 },
  'two-interfaces.conf': { instances: 1, softwires: 2 },
} as const

for (const [file, expected] of Object.entries(EXAMPLES))
  t.test(`examples/${file} loads`, async (t) => {
    loads(t, readFileSync(join(root, 'examples', file), 'utf8'), file, expected)
  })

t.test('no example is left out', async (t) => {
  // What is in folders is for others than the relay.
  const files = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.conf'))
  t.same(files.sort(), Object.keys(EXAMPLES).sort())
})

t.test("the README's configuration loads", async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const block = /^ {4}softwire-config \{\n(?: {4}.*\n)+? {4}\}\n/m.exec(readme)?.[0] ?? ''
  loads(t, block, 'README.md', { instances: 1, softwires: 1 })
})
