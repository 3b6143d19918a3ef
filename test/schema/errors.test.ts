import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { error, errorTable, LwaftrError } from '../../src/errors.js'
import { root } from '../../src/root.js'

/** RFC 8040 s7: the statuses that go with an error-tag; 501 and 5xx of our own kind apart. */
const statuses: Readonly<Record<string, readonly number[]>> = {
  'in-use': [409],
  'invalid-value': [400, 404, 406, 415],
  'too-big': [413, 400],
  'missing-attribute': [400],
  'bad-attribute': [400],
  'unknown-attribute': [400],
  'bad-element': [400],
  'unknown-element': [400],
  'missing-element': [400],
  'unknown-namespace': [400],
  'access-denied': [401, 403],
  'lock-denied': [409],
  'resource-denied': [409],
  'rollback-failed': [500],
  'data-exists': [409],
  'data-missing': [409],
  'operation-not-supported': [405, 501],
  'operation-failed': [412, 500],
  'malformed-message': [400],
}

/** What only the command line meets, and what RFC 9110 or the drafts of list pagination have a better status for. */
const elsewhere = new Set([
  'file',
  'check',
  'starting',
  'too-many-logins',
  'too-many-requests',
  'busy',
  'lists-only',
  'offset-out-of-range',
  'locale-unavailable',
  'upgrade-required',
  'foreign-host',
])

t.test('every row has a status that RFC 8040 allows for its tag', (t) => {
  for (const [code, { status, tag, type, message }] of Object.entries(errorTable)) {
    if (type !== 'transport' && !elsewhere.has(code))
      t.ok(statuses[tag]?.includes(status), `${code}: ${tag} ${status}`)
    t.notMatch(message, /\n|\.$/, `${code}: one line without a full stop`)
  }
  t.end()
})

t.test('a message is filled in, and says where', (t) => {
  const made = error(
    'unknown-node',
    { name: 'x', parent: '/a', hint: '; did you mean y?' },
    { path: '/a', file: 'f', line: 2 },
  )
  t.ok(made instanceof LwaftrError)
  t.equal(made.message, 'unknown node x in /a; did you mean y?')
  t.equal(made.describe(), 'f:2: unknown node x in /a; did you mean y?')
  const placed = made.at({ line: 3, column: 4, value: 7 })
  t.match(placed, {
    file: 'f',
    line: 2,
    column: 4,
    value: 7,
    status: 400,
    tag: 'unknown-element',
    message: made.message,
  })
  t.equal(error('must-violation', { problem: 'no' }, { path: '/b' }).describe(), 'no (/b)')
  t.equal(error('must-violation', { problem: '{name}' }).message, '{name}')
  t.end()
})

t.test("libyang's own log never reaches the terminal", (t) => {
  const script = `
    const { convert } = await import(${JSON.stringify(join(root, 'dist/src/schema/validate.js'))})
    for (const bad of ['{', '<a/>', '{"x:y":1}', '{"snabb-softwire-v3:softwire-config":{"name":7}}'])
      for (const from of ['json', 'xml'])
        try { convert(bad, { from, to: 'json' }); process.exit(1) } catch {}`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', `${script}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  t.equal(output, '')
  t.end()
})
