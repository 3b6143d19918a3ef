// Programs that are started, and by whose words: no shell ever sees what came from outside.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { root } from '../../src/root.js'

function filesBelow(directory: string, ending: RegExp): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => relative(root, join(root, directory, name)))
}

/** Who starts programs, with what: each has been looked at. */
const STARTERS = {
  'src/cli/commands/routes.ts': ['spawn'], // --run, the operator's own words on his command line
  'src/cli/edit/editor.ts': ['spawn'], // VISUAL or EDITOR, the operator's own, and a file of ours
  'src/config-server/store-check.ts': ['spawnSync'], // Node, with a path of ours
  'src/dataplane/worker.ts': ['spawn'], // setpriv and Node, with paths of ours
}

/** Where a shell reads what the operator wrote for it. */
const SHELLS = ['src/cli/commands/routes.ts', 'src/cli/edit/editor.ts']

t.test(
  'only these files start programs, and shells are for --run and the editor of whoever is at the terminal',
  async (t) => {
    const found: Record<string, string[]> = {}
    for (const file of filesBelow('src', /\.ts$/)) {
      // The lab is for a developer's machine; it takes words from nobody.
      if (file.startsWith('src/lab/')) continue
      const text = readFileSync(join(root, file), 'utf8')
      const [, names] = /import \{([^}]*)\} from '(?:node:)?child_process'/.exec(text) ?? []
      if (names === undefined) {
        t.notMatch(text, /child_process/, file)
        continue
      }
      t.notMatch(text, /\bshell: /, `${file} asks for no shell`)
      if (!SHELLS.includes(file)) t.notMatch(text, /\/bin\/sh|'sh'/, file)
      found[file] = names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && !name.startsWith('type '))
    }
    t.same(found, STARTERS)
  },
)

t.test('nothing native starts a program', async (t) => {
  for (const directory of ['core', 'io', 'load', 'addon', 'yang', 'bench'])
    for (const file of filesBelow(`native/${directory}`, /\.(cc|h)$/)) {
      const text = readFileSync(join(root, file), 'utf8')
      t.notMatch(text, /\b(system|popen|execl|execv|posix_spawn|fork)\w*\(/, file)
    }
})
