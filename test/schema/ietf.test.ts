/**
 * IETF modules that are written here anew say what the published ones say, statement by statement, but for the prose.
 * What to compare with is kept in test/schema/ietf; LWAFTR_PUBLISHED_YANG=DIRECTORY makes it again from the published
 * modules in that directory.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'
import { newContext } from '../../src/schema/native.js'
import { loadSchema } from '../../src/schema/schema.js'

const published = process.env.LWAFTR_PUBLISHED_YANG
const expected = join(root, 'test/schema/ietf')
const modules = readdirSync(join(root, 'yang'))
  .filter((file) => file.startsWith('ietf-'))
  .map((file) => file.replace('.yang', ''))

/** The statements of a module as libyang prints them, without prose. */
function statements(directory: string, module: string): string {
  const context = newContext(directory)
  context.load(module)
  const text = context.source(module) ?? ''
  return text
    .replace(/^\s*(description|reference|organization|contact)\s+"(?:[^"\\]|\\.)*";\n/gm, '')
    .replace(/ \{\s*\}/g, ';')
    .replace(/\n{2,}/g, '\n')
}

if (published !== undefined) {
  mkdirSync(expected, { recursive: true })
  for (const module of modules) writeFileSync(join(expected, `${module}.yang`), statements(published, module))
}

for (const module of modules)
  t.test(`${module} is the published one`, async (t) => {
    const file = join(expected, `${module}.yang`)
    t.ok(existsSync(file), `${file} is there: else see the head of this test`)
    t.equal(statements(join(root, 'yang'), module), readFileSync(file, 'utf8'))
  })

t.test('every one of them is in force', async (t) => {
  const { modules: loaded } = loadSchema()
  for (const module of modules) t.ok(loaded.has(module), module)
})
