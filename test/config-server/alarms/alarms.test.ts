// Alarms as clients meet them: RESTCONF, WebSocket, event streams.
import t, { type Test } from 'tap'
import type { Alarm, Severity } from '../../../src/config-server/alarms/alarm.js'
import { isNotified } from '../../../src/config-server/alarms/control.js'
import type { JsonObject } from '../../../src/schema/json-types.js'
import { instance, queue } from '../announce/queues.js'
import { build } from '../helper.js'
import { EventClient } from '../sse/client.js'
import { listening } from '../websocket/client.js'

const ALARMS = '/restconf/data/ietf-alarms:alarms'
const INSTANCE = "/snabb-softwire-v3:softwire-config/instance[device='eth0']"
const ENTRY = `${encodeURIComponent(INSTANCE).replaceAll("'", '%27').replaceAll('%3A', ':')},lwaftr:worker-failed,`
const TARGET = `/ietf-alarms:alarms/alarm-list/alarm=${ENTRY}`

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const dies = (restarts = 0) =>
  ({
    instances: [
      {
        ...instance('eth0', [queue(0)], 'down'),
        worker: { status: 'down', pid: null, restarts, problem: 'it died' },
      },
    ],
  }) as const
const lives = (restarts = 0) =>
  ({
    instances: [
      { ...instance('eth0', [queue(0)]), worker: { status: 'running', pid: 2, restarts, problem: null } },
    ],
  }) as const
const TEXT = 'the worker of eth0 does not run: it died; nothing is forwarded there'

async function open(t: Test) {
  const relay = await build(t)
  relay.dataplane.become(lives())
  relay.alarms.start()
  t.teardown(() => relay.alarms.close())
  const get = async (path: string) => (await relay.send('GET', `${ALARMS}${path}`)).json()
  return { ...relay, get }
}

t.test('a relay says what can be wrong with it', async (t) => {
  const { get } = await open(t)
  const { 'alarm-type': types } = (await get('/alarm-inventory'))['ietf-alarms:alarm-inventory']
  const names = types.map((type: { 'alarm-type-id': string }) => type['alarm-type-id'])
  const { schema } = await build(t, null)
  const known = schema.roots
    .get('ietf-alarms:alarms')
    ?.children.get('alarm-inventory')
    ?.children.get('alarm-type')
    ?.children.get('alarm-type-id')?.type?.names
  t.same([...names].sort(), [...(known ?? [])].sort(), 'every identity, and no other')
  for (const type of types)
    t.match(type, {
      'will-clear': true,
      'alarm-type-qualifier': '',
      description: /\w/,
      'severity-level': [/\w/],
    })
})

t.test('an alarm is raised, got better of, and cleared; it stays in the list', async (t) => {
  const { dataplane, get, send } = await open(t)
  t.same((await get('/alarm-list'))['ietf-alarms:alarm-list'], { 'number-of-alarms': 0 })

  dataplane.become(dies())
  const list = (await get('/alarm-list'))['ietf-alarms:alarm-list']
  t.match(list, {
    'number-of-alarms': 1,
    'last-changed': time,
    alarm: [
      {
        resource: INSTANCE,
        'alarm-type-id': 'lwaftr:worker-failed',
        'alarm-type-qualifier': '',
        'time-created': time,
        'is-cleared': false,
        'last-raised': time,
        'last-changed': time,
        'perceived-severity': 'critical',
        'alarm-text': TEXT,
        'status-change': [{ time, 'perceived-severity': 'critical', 'alarm-text': TEXT }],
      },
    ],
  })
  t.same((await get(`/alarm-list/alarm=${ENTRY}`))['ietf-alarms:alarm'], list.alarm, 'by its keys')
  const counts = (severity: string, notCleared: number, cleared: number) => ({
    severity,
    total: notCleared + cleared,
    'not-cleared': notCleared,
    cleared,
  })
  const quiet = [counts('major', 0, 0), counts('minor', 0, 0)]
  t.same((await get('/summary'))['ietf-alarms:summary'], {
    'alarm-summary': [counts('critical', 1, 0), ...quiet, counts('warning', 0, 0)],
  })

  const xml = await send('GET', `${ALARMS}/alarm-list/alarm=${ENTRY}`, undefined, {
    accept: 'application/yang-data+xml',
  })
  t.match(
    xml.body,
    `<resource xmlns:snabb-softwire-v3="snabb:softwire-v3">/snabb-softwire-v3:softwire-config/snabb-softwire-v3:instance[snabb-softwire-v3:device='eth0']</resource><alarm-type-id xmlns:lwaftr="urn:lwaftr">lwaftr:worker-failed</alarm-type-id>`,
  )

  dataplane.become(lives(1))
  const better = (await get(`/alarm-list/alarm=${ENTRY}`))['ietf-alarms:alarm'][0]
  t.match(better, { 'is-cleared': false, 'perceived-severity': 'warning' })
  t.equal(better['status-change'].length, 2)
  t.same((await get('/summary'))['ietf-alarms:summary']['alarm-summary'][3], counts('warning', 1, 0))
})

t.test('a worker that came back long ago is well', async (t) => {
  const { dataplane, alarms, get } = await open(t)
  dataplane.become(lives(3))
  t.match((await get('/alarm-list'))['ietf-alarms:alarm-list'].alarm, [{ 'perceived-severity': 'warning' }])
  const shown = async () => (await get('/alarm-list'))['ietf-alarms:alarm-list'].alarm[0]
  alarms.look(new Date(Date.now() + 61_000))
  t.equal((await shown())['is-cleared'], false, 'that the clock was set forward is no time gone by')
  alarms.look(new Date(0), performance.now() + 61_000)
  t.match((await get('/alarm-list'))['ietf-alarms:alarm-list'].alarm, [
    {
      'is-cleared': true,
      'perceived-severity': 'warning',
      'status-change': [{ 'perceived-severity': 'cleared' }, {}],
    },
  ])
})

t.test('how many changes an alarm keeps is configured', async (t) => {
  const { dataplane, send, get } = await open(t)
  const put = await send('PUT', `${ALARMS}/control/max-alarm-status-changes`, {
    'ietf-alarms:max-alarm-status-changes': 2,
  })
  t.equal(put.statusCode, 201, put.body)
  for (const restarts of [1, 2, 3]) {
    dataplane.become(dies(restarts - 1))
    dataplane.become(lives(restarts))
  }
  const { alarm } = (await get('/alarm-list'))['ietf-alarms:alarm-list']
  t.equal(alarm[0]['status-change'].length, 2)
})

t.test('alarms are followed over a WebSocket and as server-sent events', async (t) => {
  const { connect, dataplane, alarms, url } = await listening(t)
  dataplane.become(dies())
  alarms.start()
  t.teardown(() => alarms.close())
  const client = await connect()
  const events = await EventClient.open(`${url}/streams/alarms/json`)
  t.teardown(() => events.close())
  const { epoch } = await client.subscribe({ stream: 'alarms' })
  await client.until((updates) => updates.length === 1)
  dataplane.become(lives(1))
  await client.until((updates) => updates.length === 2)
  const [first, second] = client.updates
  t.match(first, {
    resync: true,
    synced: true,
    edits: [
      { operation: 'create', target: TARGET, value: { 'ietf-alarms:alarm': [{ 'is-cleared': false }] } },
    ],
  })
  t.match(second, {
    revision: String(Number(first?.revision) + 1),
    edits: [
      {
        operation: 'replace',
        target: TARGET,
        value: { 'ietf-alarms:alarm': [{ 'perceived-severity': 'warning' }] },
      },
    ],
  })
  await events.until(({ lastEventId }) => lastEventId === `${epoch}-${second?.revision}`)
  const told = JSON.parse(events.events.at(-1)?.data ?? '')['ietf-restconf:notification']['lwaftr:update']
  t.same(told.edits, second?.edits)

  const again = await connect()
  await again.subscribe({ stream: 'alarms', since: first?.revision, epoch })
  await again.until((updates) => updates.length === 1)
  t.same(again.updates[0]?.edits, second?.edits, 'who was away is told what he missed')
})

t.test('too many packets without softwire are an alarm until there are half as many', async (t) => {
  const { dataplane, alarms, get } = await open(t)
  const [wall, monotonic] = [Date.now(), performance.now()]
  let count = 0
  /** As if each second so many came. */
  const pass = (seconds: readonly [from: number, to: number], rate: number) => {
    for (let second = seconds[0]; second < seconds[1]; second++) {
      count += rate
      const counters = new Map([['drop-no-dest-softwire-ipv4-packets', BigInt(count)]])
      dataplane.current = { instances: [instance('eth0', [queue(0, { counters })])] }
      alarms.look(new Date(wall + second * 1000), monotonic + second * 1000)
    }
  }
  const told = async () =>
    ((await get('/alarm-list'))['ietf-alarms:alarm-list'].alarm ?? []).map(
      (alarm: Record<string, unknown>) =>
        `${alarm['alarm-type-id']}: ${alarm['is-cleared'] ? 'cleared' : alarm['perceived-severity']}`,
    )
  pass([1, 40], 900)
  t.same(await told(), [])
  pass([40, 80], 1100)
  t.same(await told(), ['lwaftr:bad-softwires: minor'])
  pass([80, 120], 900)
  t.same(await told(), ['lwaftr:bad-softwires: minor'], 'not yet')
  pass([120, 160], 400)
  t.same(await told(), ['lwaftr:bad-softwires: cleared'])
  const [{ 'status-change': changes }] = (await get('/alarm-list'))['ietf-alarms:alarm-list'].alarm
  t.equal(changes.length, 2, 'however often it was looked at')

  alarms.look(new Date(wall + 260_000), monotonic + 160_000)
  t.same(await told(), ['lwaftr:bad-softwires: cleared', 'lwaftr:clock-jump: warning'])
})

t.test('alarm-notification tells one change at a time, in JSON and in XML', async (t) => {
  const { connect, dataplane, alarms, url } = await listening(t)
  dataplane.become(lives())
  alarms.start()
  t.teardown(() => alarms.close())
  const json = await EventClient.open(`${url}/streams/alarm-notifications/json`)
  const xml = await EventClient.open(`${url}/streams/alarm-notifications/xml`)
  t.teardown(() => {
    json.close()
    xml.close()
  })
  dataplane.become(dies())
  await json.until(({ events }) => events.length === 1)
  await xml.until(({ events }) => events.length === 1)
  const { 'ietf-restconf:notification': told } = JSON.parse(json.events[0]?.data ?? '')
  t.match(told, { eventTime: time })
  t.same(Object.keys(told), ['eventTime', 'ietf-alarms:alarm-notification'])
  const notification = told['ietf-alarms:alarm-notification']
  t.match(notification.time, time)
  t.same(
    { ...notification, time: '' },
    {
      resource: INSTANCE,
      'alarm-type-id': 'lwaftr:worker-failed',
      'alarm-type-qualifier': '',
      time: '',
      'perceived-severity': 'critical',
      'alarm-text': TEXT,
    },
  )
  t.match(
    xml.events[0]?.data,
    '<alarm-notification xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><resource xmlns:snabb-softwire-v3',
  )
  t.match(xml.events[0]?.data, '<perceived-severity>critical</perceived-severity>')
  dataplane.become(lives(1))
  await json.until(({ events }) => events.length === 2)
  t.match(JSON.parse(json.events[1]?.data ?? ''), {
    'ietf-restconf:notification': { 'ietf-alarms:alarm-notification': { 'perceived-severity': 'warning' } },
  })
  const client = await connect()
  await t.rejects(client.subscribe({ stream: 'alarm-notifications' }))
})

t.test('which changes alarm-notification tells is configured', async (t) => {
  const at = (severity: Severity, cleared = false) => ({ severity, cleared }) as Alarm
  const raised = (severity: Severity) => [undefined, at(severity)] as const
  const level = (severity: string) => ({
    'notify-status-changes': 'severity-level',
    'notify-severity-level': severity,
  })
  for (const [sentence, control, [before, after], told] of [
    ['raised', {}, raised('warning'), true],
    ['changed', {}, [at('warning'), at('major')], true],
    ['raised', { 'notify-status-changes': 'raise-and-clear' }, raised('warning'), true],
    ['changed', { 'notify-status-changes': 'raise-and-clear' }, [at('warning'), at('major')], false],
    ['cleared', { 'notify-status-changes': 'raise-and-clear' }, [at('major'), at('major', true)], true],
    ['again', { 'notify-status-changes': 'raise-and-clear' }, [at('major', true), at('major')], true],
    ['raised below', level('major'), raised('minor'), false],
    ['raised at', level('major'), raised('major'), true],
    ['raised above', level('major'), raised('critical'), true],
    ['over it', level('major'), [at('minor'), at('critical')], true],
    ['under it', level('major'), [at('critical'), at('minor')], true],
    ['above it', level('major'), [at('critical'), at('major')], false],
    ['cleared', level('major'), [at('minor'), at('minor', true)], true],
    ['lowest', level('indeterminate'), raised('warning'), true],
  ] as const)
    t.equal(
      isNotified({ 'ietf-alarms:alarms': { control } }, before, after),
      told,
      `${sentence}: ${JSON.stringify(control)}`,
    )
})

t.test('what of RFC 8632 is not served is not in the model, and cannot be asked for', async (t) => {
  const { send } = await open(t)
  const purge = await send('POST', `${ALARMS}/alarm-list/purge-alarms`, {
    'ietf-alarms:input': { 'alarm-clearance-status': 'any' },
  })
  t.ok(purge.statusCode >= 400, purge.body)
  const library = await send('GET', '/restconf/data/ietf-yang-library:yang-library/module-set')
  const modules = library.json()['ietf-yang-library:module-set'][0].module
  t.match(
    modules.find(({ name }: { name: string }) => name === 'ietf-alarms'),
    { feature: ['alarm-shelving', 'alarm-history', 'alarm-summary'], deviation: ['lwaftr-deviations'] },
  )
})

t.test('an alarm on a shelf is in the list of those, and nobody is told of it', async (t) => {
  const { dataplane, get, send, alarms } = await open(t)
  dataplane.become(dies())
  const told: string[] = []
  alarms.subscribe((changes) =>
    told.push(...changes.map(({ before, after }) => `${before ? 'was' : ''}${after ? ' is' : ''}`)),
  )
  const shelve = (shelf: JsonObject) =>
    send('PUT', `${ALARMS}/control/alarm-shelving/shelf=night`, {
      'ietf-alarms:shelf': [{ name: 'night', ...shelf }],
    })
  const numbers = async () => [
    (await get('/alarm-list'))['ietf-alarms:alarm-list']['number-of-alarms'],
    (await get('/shelved-alarms'))['ietf-alarms:shelved-alarms']['number-of-shelved-alarms'],
  ]
  const type = (id: string, match = '') => ({ 'alarm-type-id': id, 'alarm-type-qualifier-match': match })
  const ANY = '/snabb-softwire-v3:softwire-config/snabb-softwire-v3:instance'
  t.same(await numbers(), [1, 0])
  for (const [sentence, shelf, shelved] of [
    ['all of them', {}, 1],
    ['another type', { 'alarm-type': [type('lwaftr:link-down')] }, 0],
    ['its type', { 'alarm-type': [type('lwaftr:link-down'), type('lwaftr:worker-failed')] }, 1],
    ['a qualifier that it has not', { 'alarm-type': [type('lwaftr:worker-failed', 'x')] }, 0],
    ['any qualifier', { 'alarm-type': [type('lwaftr:worker-failed', '.*')] }, 1],
    ['what it is about', { resource: [`${ANY}[snabb-softwire-v3:device='eth0']`] }, 1],
    ['what another is about', { resource: [`${ANY}[snabb-softwire-v3:device='eth1']`] }, 0],
    ['whichever instance', { resource: ['/nowhere', ANY] }, 1],
    ['what is below an instance', { resource: [`${ANY}//*`] }, 0],
    ['what is below the configuration', { resource: ['/snabb-softwire-v3:softwire-config//*'] }, 1],
    ['its resource and another type', { resource: [ANY], 'alarm-type': [type('lwaftr:link-down')] }, 0],
  ] as const) {
    const put = await shelve(shelf as unknown as JsonObject)
    t.ok(put.statusCode < 300, put.body)
    t.same(await numbers(), [1 - shelved, shelved], sentence)
  }
  await shelve({ description: 'until the router is exchanged' })
  t.same(told.slice(0, 3), ['was', ' is', 'was'], 'who follows sees it go and come')
  const shelved = (await get('/shelved-alarms'))['ietf-alarms:shelved-alarms']
  t.match(shelved, {
    'shelved-alarms-last-changed': time,
    'shelved-alarm': [
      { resource: INSTANCE, 'shelf-name': 'night', 'is-cleared': false, 'perceived-severity': 'critical' },
    ],
  })
  const summary = (await get('/summary'))['ietf-alarms:summary']
  t.same(summary['shelves-active'], [null])
  t.match(summary['alarm-summary'][0], { severity: 'critical', total: 0 })
  told.length = 0
  dataplane.become(lives(1))
  t.same(told, [])
  t.equal((await send('DELETE', `${ALARMS}/control/alarm-shelving/shelf=night`)).statusCode, 204)
  t.same(await numbers(), [1, 0])
  t.same(told, [' is'], 'what it has become meanwhile')
})
