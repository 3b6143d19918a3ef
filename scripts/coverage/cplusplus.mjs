// Which lines of native/ a test run reached: gcov's account of what programs and addons compiled with --coverage left.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'

const SOURCES = /^native\/(addon|core|io|load|yang)\//

/**
 * As typescriptLines. In a build, `objects` is a directory of them, however deep, made of the sources below `root`. gcov
 * comes with the compiler.
 */
export function cplusplusLines(builds) {
  const files = new Map()
  for (const { root, objects } of builds)
    for (const notes of readdirSync(objects, { recursive: true }).filter((name) => name.endsWith('.gcno')))
      for (const { file, lines, directory } of gcov(join(objects, notes))) {
        const name = relative(root, resolve(directory, file))
        if (SOURCES.test(name)) add(files, name, lines)
      }
  return new Map([...files].sort().map(([name, lines]) => [name, sorted(lines)]))
}

function gcov(notes) {
  const elsewhere = mkdtempSync(join(tmpdir(), 'lwaftr-gcov-'))
  const ran = spawnSync('gcov', ['--json-format', '--stdout', notes], {
    cwd: elsewhere,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  rmSync(elsewhere, { recursive: true })
  if (ran.status !== 0) throw new Error(`gcov ${notes}: ${ran.stderr}`)
  return ran.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .flatMap(({ current_working_directory: directory, files }) =>
      files.map((file) => ({ ...file, directory })),
    )
}

/** A header's lines are in many objects. */
function add(files, name, lines) {
  const known = files.get(name) ?? new Map()
  for (const { line_number: number, count } of lines)
    known.set(number, count > 0 || known.get(number) === true)
  files.set(name, known)
}

const sorted = (lines) => new Map([...lines].sort(([a], [b]) => a - b))
