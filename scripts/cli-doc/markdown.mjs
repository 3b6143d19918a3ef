// The commands as one page of Markdown.
import { pages } from './pages.mjs'

const HEAD = `# The command line

Generated from the commands themselves by \`npm run docs:cli\`; a test fails when it is out of date. \`lwaftr COMMAND
--help\` and \`man lwaftr-COMMAND\` say the same. Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong
usage. Data goes to stdout, everything else to stderr.
`

export function markdown() {
  const [{ connection } = { connection: [] }] = pages.filter((page) => page.connection.length > 0)
  const shared =
    '\n## Which relay\n\nCommands that talk to a running relay take these options beside their own.\n' +
    table(connection)
  const contents = `\n${pages.map(({ name, summary }) => `- [${name}](#${anchor(name)}): ${summary}`).join('\n')}\n`
  return HEAD + contents + shared + pages.map(section).join('')
}

function section(page) {
  const all = [...page.arguments, ...page.options, ...page.commands]
  const which = page.connection.length > 0 ? '\nTalks to [a running relay](#which-relay).\n' : ''
  return (
    `\n## ${page.name}\n\n\`${page.usage}\`\n\n${page.description}\n` +
    (all.length > 0 ? table(all) : '') +
    which +
    (page.notes === '' ? '' : `\n${page.notes}\n`) +
    (page.examples === '' ? '' : `\n\`\`\`sh\n${page.examples}\n\`\`\`\n`)
  )
}

function table(rows) {
  const lines = rows.map(({ term, meaning }) => `| \`${cell(term)}\` | ${prose(cell(meaning))} |`)
  return `\n| | |\n|---|---|\n${lines.join('\n')}\n`
}

function cell(text) {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|')
}

function prose(text) {
  return text.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function anchor(name) {
  return name.replaceAll(' ', '-')
}
