// The TypeScript tests: runs each file by itself, prints a line for it and the details of failures,
// and counts test cases, which are the innermost subtests (or files without any). tap's own runner would put a loader
// into every process, those under test included.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Parser } from 'tap-parser'
import { root } from '../setup/run.mjs'
import { ensureTestRunner } from '../setup.mjs'
import { countCases, watch } from './tap-cases.mjs'

/** Seconds after which a file fails that asks for no more: several times what any takes, for machines that are slower. */
const TIMEOUT = 240
/** Seconds after which a file is killed, whatever it asks for. */
const PATIENCE = 1200

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

/** They measure the memory of their own process, to which counting lines adds. */
const PLAIN = /^dist\/test\/security\/h2-flood/

/** `environment`, added to what the tests find in theirs, has their lines counted. */
export async function runTap(folders, environment = {}) {
  await ensureTestRunner()
  process.stdout.write('# TypeScript tests\n')
  const files = testFiles(folders)
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const plain = { TAP_TIMEOUT: String(TIMEOUT), ...process.env }
  const counted = { ...plain, ...environment }
  for (const [jobs, part] of [
    [availableParallelism(), files.filter((file) => !ALONE.test(file))],
    [1, files.filter((file) => ALONE.test(file))],
  ]) {
    const turns = part.values()
    const lane = async () => {
      for (const file of turns) {
        const cases = await runFile(file, PLAIN.test(file) ? plain : counted)
        for (const name of Object.keys(totals)) totals[name] += cases[name]
      }
    }
    await Promise.all(Array.from({ length: jobs }, lane))
  }
  return totals
}

async function runFile(file, env) {
  const parser = new Parser()
  const node = watch(parser, file)
  const begun = Date.now()
  // node, as a test of another line of Node has it first in PATH.
  const test = spawn('node', ['--enable-source-maps', file], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PATIENCE * 1000,
    killSignal: 'SIGKILL',
  })
  const parsed = new Promise((resolve) => parser.on('complete', resolve))
  test.stdout.pipe(parser)
  const [code, signal] = await new Promise((resolve) => test.on('close', (...how) => resolve(how)))
  const { ok, plan } = await parsed
  node.closing = {
    ok: ok && code === 0,
    skip: plan?.skipAll && (plan.skipReason || true),
    diag: { code, signal },
  }
  const counted = countCases(node)
  printFile(node, counted, (Date.now() - begun) / 1000)
  return counted
}

/** One line a file; below it the reasons of what was skipped and the details of failures. */
function printFile(file, { passed, failed, skipped }, seconds) {
  const verdict = failed > 0 ? 'FAIL' : passed > 0 ? 'ok  ' : 'skip'
  process.stdout.write(`${verdict} ${file.name.replace(/^dist\//, '')}: ${passed} passed`)
  if (failed > 0) process.stdout.write(`, ${failed} failed`)
  if (skipped > 0) process.stdout.write(`, ${skipped} skipped`)
  process.stdout.write(` (${seconds.toFixed(1)} s)\n`)
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
