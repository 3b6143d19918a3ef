// Writes docs/reference/model.md from the compiled YANG modules; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadSchema, memberName } from '../dist/src/schema/schema.js'
import { root } from './setup/run.mjs'

const FILE = join(root, 'docs/reference/model.md')
/** The modules that are ours; what the IETF publishes it describes. */
const OURS = ['snabb-softwire-v3', 'lwaftr']

const HEAD = `# The model

Generated from the modules in \`yang/\` by \`npm run docs:model\`; a test fails when it is out of date.

What can be configured, asked for and done. Paths are those of the command line and of \`filter\`; RESTCONF writes list
keys as \`LIST=KEY\`. A name with \`lwaftr:\` before it is an addition to the published \`snabb-softwire-v3\`. **Bold** must
be given where its parent is; *State:* is read only. Counters have [a page of their own](../counters.md), and so do the [errors](../errors.md). Beside these modules
the relay serves the IETF's for access control (RFC 8341), alarms (RFC 8632), YANG library (RFC 8525) and RESTCONF's own.
`

/** A table cell: no line ends, no bars. */
function cell(text) {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
}

function typeOf(node) {
  const { type } = node
  if (type === undefined) return node.kind === 'list' ? `list, key ${node.keys.join(' ')}` : node.kind
  const ranges = type.ranges.map(([min, max]) => (min === max ? min : `${min} to ${max}`)).join(', ')
  const words = [
    type.names.length > 0 ? type.names.map((name) => `\`${name}\``).join(' ') : (type.format ?? type.base),
    ...(ranges === '' ? [] : [ranges]),
    ...(node.units === undefined ? [] : [node.units]),
  ]
  return `${words.join(', ')}${node.kind === 'leaf-list' ? ', many' : ''}`
}

/** A counter of the data plane; docs/counters.md has them all. */
function isCounter(node) {
  return node.type?.format === 'zero-based-counter64'
}

function* rows(node, above) {
  for (const child of node.children.values()) {
    if (isCounter(child)) continue
    const path = `${above}${memberName(child)}`
    const name = child.mandatory && child.kind !== 'container' ? `**\`${path}\`**` : `\`${path}\``
    const state = node.config && !child.config ? 'State: ' : ''
    const choice = child.choice === undefined ? '' : ` One of the cases of ${child.choice.name}.`
    const value = child.default === undefined ? '' : `\`${child.default === '' ? '""' : child.default}\``
    yield `| ${name} | ${cell(typeOf(child))} | ${cell(value)} | ${cell(state + (child.description ?? '') + choice)} |`
    yield* rows(child, `${path}/`)
  }
}

function table(node) {
  const lines = [...rows(node, '')]
  if (lines.length === 0) return ''
  return `\n| node | type | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

function section(title, node, level = '##') {
  return `\n${level} ${title}\n\n${(node.description ?? '').replace(/\s+/g, ' ')}\n${table(node)}`
}

/** Each part of a top container on its own, for a shorter first column. */
function sections(node) {
  const path = `/${memberName(node)}`
  const large = [...node.children.values()].filter((child) => child.children.size > 0)
  const small = {
    ...node,
    children: new Map([...node.children].filter(([, child]) => !large.includes(child))),
  }
  return [
    section(`\`${path}\``, small),
    ...large.map((child) => section(`\`${path}/${memberName(child)}\``, child)),
  ].join('')
}

function render(schema) {
  const ours = (nodes) => [...nodes.values()].filter(({ module }) => OURS.includes(module))
  const messages = (nodes, title) =>
    `\n## ${title}\n${ours(nodes)
      .map((node) => section(`\`${memberName(node)}\``, node, '###'))
      .join('')}`
  return [
    HEAD,
    ...ours(schema.roots).map(sections),
    messages(schema.rpcs, 'Operations'),
    messages(schema.notifications, 'Notifications'),
  ].join('')
}

const text = render(loadSchema())
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write("docs/reference/model.md is out of date: run 'npm run docs:model'\n")
  process.exitCode = 1
}
