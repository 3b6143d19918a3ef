// How alarms come and go: one look after another, each with what is wrong then.
import t from 'tap'
import type { Alarm, Problem } from '../../../src/config-server/alarms/alarm.js'
import { type AlarmList, advance, NO_ALARMS } from '../../../src/config-server/alarms/alarm-list.js'
import type { Condition } from '../../../src/config-server/alarms/conditions.js'

const RESOURCE = "/snabb-softwire-v3:softwire-config/instance[device='eth0']"
const bad = (severity: Problem['severity'], text: string): Problem => ({ severity, text })

/** A look: milliseconds, what is wrong. */
type Look = readonly [number, Condition['problem'] | 'gone']

function list(type: Condition['type'], looks: readonly Look[], most = 32): AlarmList {
  return looks.reduce((list, [ms, problem]) => {
    const found = problem === 'gone' ? [] : [{ type, resource: RESOURCE, problem }]
    return advance(list, found, new Date(ms), most)
  }, NO_ALARMS)
}

/** `MS SEVERITY TEXT` of each change, the newest first. */
function told(alarm: Alarm | undefined): string[] {
  return (alarm?.changes ?? []).map(({ time, severity, text }) => `${time.getTime()} ${severity} ${text}`)
}

const dead = bad('critical', 'dead')
const down = bad('critical', 'down')

// prettier-ignore
const table: readonly {
  title: string
  type: Condition['type']
  looks: readonly Look[]
  says: readonly string[]
  cleared?: boolean
}[] = [
  { title: 'all is well', type: 'link-down', looks: [[0, null]], says: [] },
  {
    title: 'a dead worker is told at once',
    type: 'worker-failed',
    looks: [[5, dead]],
    says: ['5 critical dead'],
  },
  {
    title: 'a link may blink',
    type: 'link-down',
    looks: [
      [0, down],
      [999, down],
      [1100, null],
    ],
    says: [],
  },
  {
    title: 'a link that stays down is told with the time it went',
    type: 'link-down',
    looks: [
      [7, down],
      [500, down],
      [1007, down],
      [2000, down],
    ],
    says: ['7 critical down'],
  },
  {
    title: 'a blink begins to wait anew',
    type: 'link-down',
    looks: [
      [0, down],
      [900, null],
      [950, down],
      [1900, down],
    ],
    says: [],
  },
  {
    title: 'what is not known stands',
    type: 'worker-failed',
    looks: [
      [1, dead],
      [2, 'unknown'],
      [3, 'unknown'],
    ],
    says: ['1 critical dead'],
  },
  {
    title: 'it may get better before it is over',
    type: 'worker-failed',
    looks: [
      [1, dead],
      [2, bad('warning', 'again')],
      [3, bad('warning', 'again')],
      [4, null],
      [5, null],
    ],
    says: ['4 cleared over: again', '2 warning again', '1 critical dead'],
    cleared: true,
  },
  {
    title: 'it may come back',
    type: 'worker-failed',
    looks: [
      [1, dead],
      [2, null],
      [3, dead],
    ],
    says: ['3 critical dead', '2 cleared over: dead', '1 critical dead'],
  },
  {
    title: 'what is not there any more has nothing wrong with it',
    type: 'worker-failed',
    looks: [
      [1, dead],
      [2, 'gone'],
    ],
    says: ['2 cleared it is not configured any more', '1 critical dead'],
    cleared: true,
  },
  {
    title: 'a clock that is set back does not mix up the order',
    type: 'worker-failed',
    looks: [
      [1000, dead],
      [10, null],
      [11, dead],
    ],
    says: ['1002 critical dead', '1001 cleared over: dead', '1000 critical dead'],
  },
]

for (const { title, type, looks, says, cleared = false } of table)
  t.test(title, async (t) => {
    const [alarm] = list(type, looks).alarms.values()
    t.same(told(alarm), says)
    if (alarm) t.equal(alarm.cleared, cleared)
  })

t.test('an alarm keeps its last changes, and when it came for the first and the last time', async (t) => {
  const looks = Array.from({ length: 20 }, (_, i): Look => [i, i % 2 === 0 ? dead : null])
  const [alarm] = list('worker-failed', looks, 3).alarms.values()
  t.same(told(alarm), ['19 cleared over: dead', '18 critical dead', '17 cleared over: dead'])
  t.match(alarm, { created: new Date(0), raised: new Date(18), severity: 'critical', cleared: true })
  const [only] = list('worker-failed', looks, 0).alarms.values()
  t.same(told(only), ['19 cleared over: dead'], 'never none')
})

t.test('nothing changed: the same objects', async (t) => {
  const found = [{ type: 'worker-failed', resource: RESOURCE, problem: dead } as const]
  const before = advance(NO_ALARMS, found, new Date(0), 32)
  const after = advance(before, found, new Date(9), 32)
  t.equal([...after.alarms.values()][0], [...before.alarms.values()][0])
})

t.test('the list is bounded: what was over longest ago is forgotten, what is wrong never', async (t) => {
  const many = Array.from(
    { length: 1500 },
    (_, i): Condition => ({
      type: 'worker-failed',
      resource: String(i),
      problem: dead,
    }),
  )
  const all = advance(NO_ALARMS, many, new Date(0), 32)
  t.equal(all.alarms.size, 1500)
  const first = advance(all, many.slice(300), new Date(1), 32)
  t.equal(first.alarms.size, 1200)
  const second = advance(first, many.slice(700), new Date(2), 32)
  t.equal(second.alarms.size, 1000)
  t.same([...second.alarms.values()].map(({ resource }) => Number(resource)).slice(0, 2), [500, 501])
})
