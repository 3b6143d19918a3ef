// What docs/troubleshooting.md tells to look at is there to be looked at.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { loadSchema, type SchemaNode } from '../../src/schema/schema.js'

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const page = read('docs/troubleshooting.md')
/** What stands in backticks and is one word, but for options of commands and files. */
const words = [
  ...new Set([...page.matchAll(/`([a-z][a-z0-9-]+)(?: true)?`/g)].map(([, word]) => word as string)),
]

function* names(nodes: Iterable<SchemaNode>): Generator<string> {
  for (const node of nodes) {
    yield node.name
    yield* node.type?.names ?? []
    yield* names(node.children.values())
  }
}

t.test('every counter, leaf, alarm and program that it names exists', (t) => {
  const schema = loadSchema()
  const counters = [...read('native/core/counters.def').matchAll(/^LWAFTR_COUNTER\(\s*\w+,\s*"([^"]+)"/gm)]
  const known = new Set([
    ...counters.map(([, name]) => name as string),
    ...names(schema.roots.values()),
    ...[...read('yang/lwaftr-alarms.yang').matchAll(/^ {2}identity (\S+)/gm)].map(
      ([, name]) => name as string,
    ),
    'lwaftr',
    'tcpdump',
  ])
  t.ok(words.filter((word) => word.startsWith('drop-')).length > 20)
  t.same(
    words.filter((word) => !known.has(word)),
    [],
  )
  t.end()
})

t.test('every command that it names exists', (t) => {
  const commands = [...page.matchAll(/\blwaftr ([a-z][a-z-]+)/g)].map(([, name]) => name as string)
  const known = [...read('src/cli/main.ts').matchAll(/^ {2}'?([a-z0-9-]+)'?: \{$/gm)].map(([, name]) => name)
  t.ok(known.length > 20)
  t.same(
    [...new Set(commands)].filter((name) => !known.includes(name)),
    [],
  )
  t.end()
})
