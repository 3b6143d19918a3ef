// The TypeScript tests: runs tap, prints a line for each file and the details of failures,
// and counts test cases, which are the innermost subtests (or files without any).
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Parser } from 'tap-parser'
import { root } from '../setup/run.mjs'
import { ensureTestRunner } from '../setup.mjs'
import { countCases, watch } from './tap-cases.mjs'

function testFiles(folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, 'dist/test', folder), { recursive: true })
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => join('dist/test', folder, name))
      .sort(),
  )
}

/** Their files run one after another: they measure time, hold interfaces, or want every CPU. */
const ALONE = /^dist\/test\/(bench|crash|dataplane|docs|lab)\//

export async function runTap(folders) {
  await ensureTestRunner()
  process.stdout.write('# TypeScript tests\n')
  const files = testFiles(folders)
  const totals = { passed: 0, failed: 0, skipped: 0 }
  for (const [jobs, part] of [
    [availableParallelism(), files.filter((file) => !ALONE.test(file))],
    [1, files.filter((file) => ALONE.test(file))],
  ]) {
    if (part.length === 0) continue
    const counted = await runFiles(part, jobs)
    for (const name of Object.keys(totals)) totals[name] += counted[name]
  }
  return totals
}

async function runFiles(files, jobs) {
  const parser = new Parser()
  const top = watch(parser, { onFile: printFile })
  const tap = spawn('node_modules/.bin/tap', ['run', '--reporter=tap', `--jobs=${jobs}`, ...files], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const parsed = new Promise((resolve) => parser.on('complete', resolve))
  tap.stdout.pipe(parser)
  const code = await new Promise((resolve) => tap.on('close', resolve))
  await parsed
  const totals = countCases(top)
  if (code !== 0 && totals.failed === 0) totals.failed = 1
  return totals
}

/** One line a file; below it the reasons of what was skipped and the details of failures. */
function printFile(file) {
  const { passed, failed, skipped } = countCases(file)
  const verdict = failed > 0 ? 'FAIL' : passed > 0 ? 'ok  ' : 'skip'
  const seconds = file.closing?.time ? ` (${(file.closing.time / 1000).toFixed(1)} s)` : ''
  process.stdout.write(`${verdict} ${file.name.replace(/^dist\//, '')}: ${passed} passed`)
  if (failed > 0) process.stdout.write(`, ${failed} failed`)
  if (skipped > 0) process.stdout.write(`, ${skipped} skipped`)
  process.stdout.write(`${seconds}\n`)
  printDetails(file, [])
}

function printDetails(node, path) {
  for (const point of node.points) {
    const title = [...path, point.name].join(' › ')
    if (point.skip) process.stdout.write(`  skipped: ${title} (${reason(point.skip)})\n`)
    else if (!point.ok && !point.todo) process.stdout.write(`  failed: ${title}\n${indent(point.diag)}`)
  }
  for (const child of node.children) printDetails(child, [...path, child.name])
  const crashed =
    node.closing && !node.closing.ok && node.children.length === 0 && node.points.every((p) => p.ok)
  if (crashed)
    process.stdout.write(`  failed: ${path.join(' › ') || node.name}\n${indent(node.closing.diag)}`)
  if (node.closing?.skip) process.stdout.write(`  skipped: ${node.name} (${reason(node.closing.skip)})\n`)
}

function reason(skip) {
  return skip === true ? 'no reason given' : skip
}

function indent(diagnostics) {
  if (!diagnostics) return ''
  const text = JSON.stringify(diagnostics, null, 2).replaceAll('\\n', '\n')
  return `${text.replace(/^/gm, '    ')}\n`
}
