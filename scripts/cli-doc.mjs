// Writes docs/reference/cli.md and the manual pages in docs/man from the commands, and the JSON Schema from the model;
// with --check only says whether they are up to date.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchema } from '../dist/src/schema/json-schema.js'
import { loadSchema } from '../dist/src/schema/schema.js'
import { markdown } from './cli-doc/markdown.mjs'
import { manualPages } from './cli-doc/roff.mjs'
import { root } from './setup/run.mjs'

const MAN = 'docs/man'

const wanted = new Map([
  ['docs/reference/cli.md', markdown()],
  ['docs/reference/lwaftr.schema.json', `${JSON.stringify(jsonSchema(loadSchema()), null, 2)}\n`],
  ...[...manualPages()].map(([file, text]) => [join(MAN, file), text]),
])
mkdirSync(join(root, MAN), { recursive: true })
const there = readdirSync(join(root, MAN)).map((file) => join(MAN, file))
const surplus = there.filter((file) => !wanted.has(file))

if (process.argv.includes('--check')) {
  const stale = [...wanted].filter(([file, text]) => read(file) !== text).map(([file]) => file)
  for (const file of [...stale, ...surplus])
    process.stderr.write(`${file} is out of date: run 'npm run docs:cli'\n`)
  process.exitCode = stale.length + surplus.length > 0 ? 1 : 0
} else {
  for (const [file, text] of wanted) writeFileSync(join(root, file), text)
  for (const file of surplus) rmSync(join(root, file))
}

function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return undefined
  }
}
