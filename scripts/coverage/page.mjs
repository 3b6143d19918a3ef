// The part of docs/coverage.md that a run of the whole suite writes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/run.mjs'
import { oneLine, table, unreached } from './report.mjs'

const MARK = '<!-- From here on `npm run coverage` writes. -->\n'

export function writePage(commit, languages) {
  const path = join(root, 'docs/coverage.md')
  const [ours] = readFileSync(path, 'utf8').split(MARK)
  const parts = languages.map(
    ([language, files]) =>
      `## ${language}\n\n${oneLine(language, files)}.\n\n${table(files)}\n\n### Lines of ${language} that are not reached\n\n${unreached(files)}\n`,
  )
  writeFileSync(path, `${ours}${MARK}\nMade of commit ${commit}.\n\n${parts.join('\n')}`)
}
