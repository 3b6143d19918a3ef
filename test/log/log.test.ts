import t from 'tap'
import { type LogFormat, openLog } from '../../src/log/log.js'
import { Repeats } from '../../src/log/repeats.js'

function opened(format: LogFormat) {
  const lines: string[] = []
  const logging = openLog({
    name: 'lw1',
    format,
    destination: { write: (line) => lines.push(line) },
    now: () => 0,
  })
  return { ...logging, lines }
}

t.test('people read lines, with what they are about behind them', async (t) => {
  const { log, audit, setLevel, lines } = opened('text')
  setLevel('debug')
  log('info', 'device eth0 is back')
  log('warn', 'eth0 is slow')
  log('error', 'first\n  second')
  log('debug', 'request', { method: 'GET', path: '/restconf', status: 200, user: undefined })
  audit({ event: 'denied', user: 'ann' })
  t.match(lines, [
    'lwaftr: device eth0 is back\n',
    'lwaftr: warn: eth0 is slow\n',
    'lwaftr: error: first\n  second\n',
    'lwaftr: debug: request method=GET path=/restconf status=200\n',
    /^lwaftr: audit: \{"time":"[-\dT:.]+Z","event":"denied","user":"ann"\}\n$/,
  ])
  t.equal(lines.length, 5)
})

t.test('programs read an object a line', async (t) => {
  const { log, audit, lines } = opened('json')
  log('warn', 'first\nsecond', { device: 'eth0' })
  audit({ event: 'denied', user: 'ann' })
  const [warning, entry] = lines.map((line) => JSON.parse(line))
  const { time, ...rest } = warning
  t.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  t.same(rest, { level: 'warn', name: 'lw1', device: 'eth0', msg: 'first\nsecond' })
  t.match(entry, { level: 'info', msg: 'audit', audit: { event: 'denied', user: 'ann' } })
})

t.test('the level says how much, from now on; audit entries are there whatever it is', async (t) => {
  const { log, audit, setLevel, lines } = opened('text')
  const all = () => {
    lines.length = 0
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log(level, 'x')
    audit({ user: 'ann' })
    return lines.map((line) => line.split(': ')[1]?.trim())
  }
  t.same(all(), ['error', 'warn', 'x', 'audit'])
  setLevel('error')
  t.same(all(), ['error', 'audit'])
  setLevel('debug')
  t.same(all(), ['error', 'warn', 'x', 'debug', 'audit'])
})

t.test('a link that flaps does not fill the log', async (t) => {
  const repeats = new Repeats()
  const notes = (count: number, now: number, line = 'device eth0 is back') =>
    Array.from({ length: count }, () => repeats.note(line, now))
  t.same(notes(12, 0), [...Array(9).fill(''), 'more lines like it are left out for now', null, null])
  t.same(notes(1, 5_999), [null])
  t.same(notes(2, 6_000), ['3 lines like it were left out', null])
  t.same(notes(1, 6_000, 'device eth1 is back'), [null], 'what differs in numbers is of its kind')
  t.same(notes(1, 6_000, 'device eth0 is gone'), [''], 'other lines pass')
  t.same(notes(1, 120_000), ['2 lines like it were left out'])
  t.same(
    notes(9, 120_000).at(-1),
    'more lines like it are left out for now',
    'after a quiet time all is as before',
  )
  t.same(notes(1, -1_000), [null], 'a clock that is set back opens nothing')
})

t.test('ever new lines cost no memory without end', async (t) => {
  const repeats = new Repeats()
  const word = (i: number) => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('')
  for (let i = 0; i < 11; i++) repeats.note('first', 0)
  for (let i = 0; i < 300; i++) repeats.note(word(i), 0)
  t.equal(repeats.note('first', 0), '', 'it was forgotten')
})
