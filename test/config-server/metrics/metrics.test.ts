// /metrics, read by Prometheus' own tool; and that rules and dashboard ask for what is there.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { metricName } from '../../../src/config-server/metrics/queue-metrics.js'
import { native } from '../../../src/dataplane/native.js'
import { root } from '../../../src/root.js'
import { bearer, users } from '../access/users.js'
import { instance, queue } from '../announce/queues.js'
import { build, minimal, softwire, TABLE } from '../helper.js'

const promtool = spawnSync('promtool', ['--version']).status === 0
const skip = promtool ? false : 'promtool is not installed'
const examples = join(root, 'examples/monitoring')

/** Each counter has another value: its place in counters.def, and one more. */
const counters = new Map(native.counters().map(({ name }, i) => [name, BigInt(i + 1)]))

async function scraped(t: Test, configuration = minimal) {
  const relay = await build(t, configuration)
  relay.dataplane.become({
    instances: [instance('eth0', [queue(0, { counters, passthruLinkUp: true }), queue(7, { counters })])],
  })
  const scrape = async (headers = {}) => relay.send('GET', '/metrics', undefined, headers)
  return { ...relay, scrape, samples: async () => samplesOf((await scrape()).body) }
}

/** Values by `NAME{LABELS}`. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

t.test('promtool has nothing to say about a scrape', { skip }, async (t) => {
  const { scrape, metrics } = await scraped(t)
  metrics.addProcess()
  const { headers, body } = await scrape()
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(body, /^process_cpu_seconds_total \d/m)
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
    input: body,
    encoding: 'utf8',
  })
  t.same({ status, stderr, stdout }, { status: 0, stderr: '', stdout: '' })
})

t.test('every counter of the data plane is there once for each queue, with its value', async (t) => {
  const { samples } = await scraped(t)
  const found = await samples()
  t.equal(metricName('in-ndp-ns-bytes'), 'lwaftr_in_ndp_solicitation_bytes', 'ns would be nanoseconds')
  for (const [name, value] of counters) {
    const bare = metricName(name)
    const labels = '{device="eth0",queue="0"}'
    const sample = name.startsWith('memuse-') ? `${bare}_bytes${labels}` : `${bare}_total${labels}`
    t.equal(found.get(sample), Number(value), sample)
  }
  t.equal(
    found.get('lwaftr_in_ipv4_packets_total{device="eth0",queue="7"}'),
    Number(counters.get('in-ipv4-packets')),
  )
  t.notOk(found.has('lwaftr_in_passthru_packets_total{device="eth0",queue="7"}'), 'a queue without passthru')
  t.equal(found.get('lwaftr_queue_cpu_seconds_total{device="eth0",queue="0"}'), 1.234)
})

t.test('what is not there any more has no samples; commits, alarms and requests are counted', async (t) => {
  const { samples, dataplane, send, alarms } = await scraped(t)
  const before = await samples()
  t.equal(before.get('lwaftr_worker_up{device="eth0"}'), 1)
  t.equal(before.get('lwaftr_softwires'), 2)
  await send('PUT', `${TABLE}/softwire=193.5.1.100,3`, {
    'snabb-softwire-v3:softwire': [softwire('193.5.1.100', 3)],
  })
  await send('GET', '/nowhere')
  dataplane.become({ instances: [instance('eth0', [queue(7)], 'down')] })
  alarms.look()
  const after = await samples()
  t.equal(after.get('lwaftr_softwires'), 3)
  t.equal(after.get('lwaftr_revision'), 2)
  t.equal(after.get('lwaftr_commits_total'), (before.get('lwaftr_commits_total') ?? 0) + 1)
  t.equal(after.get('lwaftr_worker_up{device="eth0"}'), 0)
  t.notOk(after.has('lwaftr_in_ipv4_packets_total{device="eth0",queue="0"}'))
  t.ok(after.has('lwaftr_in_ipv4_packets_total{device="eth0",queue="7"}'))
  t.equal(after.get('lwaftr_alarms{severity="critical"}'), 1)
  t.equal(after.get('lwaftr_http_requests_total{method="PUT",code="2xx"}'), 1)
  t.equal(after.get('lwaftr_http_requests_total{method="GET",code="4xx"}'), 1)
})

t.test('a token may scrape; a stranger may not, nor who may not read the state', async (t) => {
  const deny = {
    'ietf-netconf-acm:nacm': {
      groups: { group: [{ name: 'blind', 'user-name': ['bob'] }] },
      'rule-list': [
        {
          name: 'blind',
          group: ['blind'],
          rule: [
            {
              name: 'none',
              path: '/snabb-softwire-v3:softwire-state',
              'access-operations': 'read',
              action: 'deny',
            },
          ],
        },
      ],
    },
  }
  const { scrape } = await scraped(t, { ...minimal, ...users('ann', 'bob'), ...deny })
  t.equal((await scrape()).statusCode, 401)
  t.equal((await scrape(bearer('ann'))).statusCode, 200)
  t.equal((await scrape(bearer('bob'))).statusCode, 403)
})

t.test('promtool takes the alert rules', { skip }, async (t) => {
  const said = execFileSync('promtool', ['check', 'rules', join(examples, 'rules.yml')], { encoding: 'utf8' })
  t.match(said, /SUCCESS: \d+ rules found/)
})

t.test('rules and dashboard ask for metrics that there are', async (t) => {
  const { scrape, metrics } = await scraped(t)
  metrics.addProcess()
  const known = new Set([...(await scrape()).body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
  for (const file of ['rules.yml', 'dashboard.json']) {
    const text = readFileSync(join(examples, file), 'utf8')
    const asked = new Set(text.match(/\b(?:lwaftr|process)_[a-z0-9_]*[a-z0-9]\b(?!_)/g))
    t.ok(asked.size > 5)
    for (const name of asked)
      if (!/^lwaftr_drop(_all)?$/.test(name)) t.ok(known.has(name), `${file}: ${name}`)
  }
  const { panels } = JSON.parse(readFileSync(join(examples, 'dashboard.json'), 'utf8'))
  t.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length)
})
