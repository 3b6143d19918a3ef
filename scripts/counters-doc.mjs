// Writes docs/counters.md from what the data plane counts; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './setup/run.mjs'

const FILE = join(root, 'docs/counters.md')

/** In the order a packet meets them (docs/flow.md). */
const STAGES = {
  bridge: 'Bridge: the links',
  reassembly: 'Parsing and reassembly',
  filter: 'Filters',
  arp: 'ARP',
  ndp: 'Neighbour discovery',
  echo: 'Echo responders',
  core: 'Core: between IPv4 and the tunnels',
  next_hop: 'Next hops',
  fragmenter: 'Fragmenters',
  passthru: 'Passthru',
}

const WHERE = {
  'softwire-state': '`softwire-state`',
  lwaftr: 'module `lwaftr`, beside `softwire-state`',
  passthru: '`passthru-interface` state of the queue',
}

const HEAD = `# Counters

Generated from \`native/core/counters.def\` by \`npm run docs:counters\`; a test fails when it is out of date.

All are 64 bits wide, kept per queue, summed per instance and in total, and survive a worker's crash. Bytes are those
of Ethernet frames without 802.1Q tag and FCS. The stages are those of [flow.md](flow.md), in a packet's order.
`

function render(counters) {
  const unknown = counters.filter(({ stage }) => !(stage in STAGES))
  if (unknown.length > 0)
    throw new Error(`no heading for stage ${unknown[0].stage}; add it to ${import.meta.url}`)
  const sections = Object.entries(STAGES).map(([stage, title]) => {
    const rows = counters
      .filter((counter) => counter.stage === stage)
      .map(
        ({ name, group, meaning }) => `| \`${name}\` | ${WHERE[group]} | ${meaning.replaceAll('|', '\\|')} |`,
      )
    return `\n## ${title}\n\n| counter | where | counts |\n|---|---|---|\n${rows.join('\n')}\n`
  })
  return HEAD + sections.join('')
}

const { counters } = createRequire(import.meta.url)(join(root, 'build/Release/dataplane.node'))
const text = render(counters())
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text)
} else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write("docs/counters.md is out of date: run 'npm run docs:counters'\n")
  process.exitCode = 1
}
