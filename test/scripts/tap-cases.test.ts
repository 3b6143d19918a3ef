// The totals that `npm test` ends with: counted from streams as tap writes them.
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { Parser } from 'tap-parser'
import { root } from '../../src/root.js'

type Totals = { passed: number; failed: number; skipped: number }
const cases = (await import(join(root, 'scripts/test/tap-cases.mjs'))) as {
  watch(parser: Parser): object
  countCases(node: object): Totals
}

function count(stream: string): Promise<Totals> {
  const parser = new Parser()
  const top = cases.watch(parser)
  const counted = new Promise<Totals>((resolve) =>
    parser.on('complete', () => resolve(cases.countCases(top))),
  )
  Readable.from([stream]).pipe(parser)
  return counted
}

/** A file's subtest, as tap prints it, around the lines of the file itself. */
const file = (verdict: string, ...lines: string[]) =>
  ['TAP version 14', '# Subtest: a.test.js', ...lines.map((line) => `    ${line}`), verdict, '1..1', ''].join(
    '\n',
  )

const STREAMS = [
  [
    'a file without subtests is one case',
    file('ok 1 - a.test.js', 'ok 1 - x', 'ok 2 - y', '1..2'),
    [1, 0, 0],
  ],
  [
    'each innermost subtest is a case',
    file(
      'not ok 1 - a.test.js',
      ...['# Subtest: one', '    ok 1 - x', '    1..1', 'ok 1 - one'],
      ...['# Subtest: two', '    not ok 1 - y', '    1..1', 'not ok 2 - two', '1..2'],
    ),
    [1, 1, 0],
  ],
  [
    'a skipped subtest is counted as skipped',
    file('ok 1 - a.test.js', 'ok 1 - one # SKIP not root', 'ok 2 - x', '1..2'),
    [1, 0, 1],
  ],
  [
    'a file that skips all is skipped',
    file('ok 1 - a.test.js # SKIP not root', '1..0 # not root'),
    [0, 0, 1],
  ],
  ['a file that crashes is a failure', file('not ok 1 - a.test.js', '1..0 # no tests found'), [0, 1, 0]],
] as const

for (const [title, stream, [passed, failed, skipped]] of STREAMS)
  t.test(title, async (t) => {
    t.same(await count(stream), { passed, failed, skipped })
  })
