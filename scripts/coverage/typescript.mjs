// Which lines of src/ the processes of a test run reached, of what scripts/coverage/count.cjs left.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eachMapping, TraceMap } from '@jridgewell/trace-mapping'

/** Of a line that ends something, V8 says now this, now that. */
const NO_CODE = /^[\s(){}[\],;]*$/

/**
 * By file, relative to `root`: for each line with code whether it is reached. `counted` is the directory of the files
 * that the processes wrote.
 */
export function typescriptLines(root, counted) {
  const scripts = new Map(
    readdirSync(join(root, 'dist/src'), { recursive: true })
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(root, 'dist/src', name))
      .map((path) => [path, script(path)]),
  )
  for (const name of readdirSync(counted)) {
    const text = readFileSync(join(counted, name), 'utf8')
    // Of a process that was killed.
    if (text === '') continue
    for (const { url, functions } of JSON.parse(text)) add(scripts.get(fileURLToPath(url)), functions)
  }
  return new Map([...scripts].map(([path, each]) => linesOf(root, path, each)).sort())
}

function script(path) {
  const text = readFileSync(path, 'utf8')
  return { text, reached: new Uint8Array(text.length) }
}

/** What one process reached. Inner ranges come after those around them. */
function add(script, functions) {
  if (script === undefined) return
  const own = new Uint8Array(script.text.length)
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges)
      own.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  for (let i = 0; i < own.length; i++) script.reached[i] |= own[i]
}

function linesOf(root, path, { text, reached }) {
  const map = new TraceMap(readFileSync(`${path}.map`, 'utf8'))
  const [source] = map.sources
  const file = resolve(path, '..', source)
  const written = readFileSync(file, 'utf8').split('\n')
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const lines = new Map()
  eachMapping(map, ({ generatedLine, generatedColumn, originalLine }) => {
    if (originalLine === null || NO_CODE.test(written[originalLine - 1] ?? '')) return
    const here = reached[starts[generatedLine - 1] + generatedColumn] === 1
    lines.set(originalLine, here || lines.get(originalLine) === true)
  })
  return [relative(root, file), new Map([...lines].sort(([a], [b]) => a - b))]
}
