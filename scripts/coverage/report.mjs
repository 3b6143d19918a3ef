// What is said of the lines that typescript.mjs and cplusplus.mjs found.
import { dirname } from 'node:path'

/** @param files by name, each a map of line numbers to whether the line is reached */
export function sum(files) {
  let lines = 0
  let reached = 0
  for (const file of files.values())
    for (const here of file.values()) {
      lines++
      if (here) reached++
    }
  return { lines, reached }
}

export const percent = ({ lines, reached }) => `${((100 * reached) / Math.max(lines, 1)).toFixed(1)} %`

/** `TypeScript: 95.1 % of 14,000 lines`. */
export function oneLine(language, files) {
  const total = sum(files)
  return `${language}: ${percent(total)} of ${total.lines.toLocaleString('en')} lines`
}

/** A row a folder, and the whole. */
export function table(files) {
  const folders = new Map()
  for (const [name, file] of files) {
    const folder = dirname(name)
    folders.set(folder, [...(folders.get(folder) ?? []), [name, file]])
  }
  const rows = [...folders].map(([folder, own]) => row(`\`${folder}\``, sum(new Map(own))))
  return ['| folder | lines | reached |', '|---|---:|---:|', ...rows, row('**all**', sum(files))].join('\n')
}

const row = (name, total) => `| ${name} | ${total.lines.toLocaleString('en')} | ${percent(total)} |`

/** Every line that is not reached: a file a line, neighbours as one range. Lines without code do not part them. */
export function unreached(files) {
  const named = []
  for (const [name, file] of files) {
    const ranges = []
    let open = null
    for (const [line, here] of file) {
      if (here) open = null
      else if (open !== null) open[1] = line
      else {
        open = [line, line]
        ranges.push(open)
      }
    }
    if (ranges.length > 0) named.push(`- \`${name}\`: ${ranges.map(rangeName).join(', ')}`)
  }
  return named.join('\n')
}

const rangeName = ([first, last]) => (first === last ? `${first}` : `${first}–${last}`)
