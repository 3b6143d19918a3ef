// Imports go one way through the rooms of src/, so that each can be read knowing only those below it.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

/** From the bottom up; a room imports from its own and those before it. */
const ROOMS = [
  ['root', 'errors'],
  ['schema'],
  ['dataplane'],
  ['config-server', 'registry', 'listen', 'tls', 'log', 'service-manager'],
  ['daemon', 'lab'],
  ['cli'],
] as const

function levelOf(file: string): number {
  const room = file.split('/')[0]?.replace(/\.(js|ts)$/, '')
  return ROOMS.findIndex((names) => names.some((name) => name === room))
}

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)

t.test('every source is in a room', async (t) => {
  for (const file of sources) t.ok(levelOf(file) >= 0, file)
})

t.test('no room imports from one above it', async (t) => {
  for (const file of sources) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
      const imported = normalize(join(dirname(file), target))
      t.ok(levelOf(imported) <= levelOf(file), `${file} imports ${imported}`)
    }
  }
})
