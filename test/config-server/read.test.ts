import t from 'tap'
import type { NextHopState } from '../../src/dataplane/dataplane.js'
import { build, CONFIG, softwire, state, TABLE } from './helper.js'

const counters = {
  'discontinuity-time': '2026-01-02T03:04:05.000+00:00',
  'in-ipv4-packets': '9007199254740993',
  'out-ipv6-packets': '7',
}

t.test('state is read beside configuration, and each alone', async (t) => {
  const { send, dataplane } = await build(t)
  dataplane.current = state
  t.same((await send('GET', '/restconf/data/snabb-softwire-v3:softwire-state')).json(), {
    'snabb-softwire-v3:softwire-state': { ...counters, 'lwaftr:softwires': 2 },
  })
  const queue = `${CONFIG}/instance=eth0/queue=0/external-interface/next-hop`
  t.same((await send('GET', queue)).json(), {
    'snabb-softwire-v3:next-hop': { ip: '172.20.0.1', 'resolved-mac': '02:00:00:00:00:01' },
  })
  t.same((await send('GET', `${queue}?content=config`)).json(), {
    'snabb-softwire-v3:next-hop': { ip: '172.20.0.1' },
  })
  t.same((await send('GET', `${CONFIG}?content=nonconfig`)).json(), {
    'snabb-softwire-v3:softwire-config': {
      instance: [
        {
          device: 'eth0',
          queue: [
            {
              id: 0,
              'external-interface': { 'next-hop': { 'resolved-mac': '02:00:00:00:00:01' } },
              'lwaftr:thread': { 'cpu-time': '1234' },
              'lwaftr:announcement': { ipv4: 'announced', ipv6: 'announced' },
            },
          ],
          'softwire-state': counters,
        },
      ],
    },
  })
  t.equal((await send('GET', `${TABLE}?content=nonconfig`)).statusCode, 404)
})

t.test('what the attached router has in place of a configured MAC is read beside the passthru', async (t) => {
  const { send, dataplane } = await build(t)
  const [instance] = state.instances
  const [queue] = instance.queues
  const at = `${CONFIG}/instance=eth0/queue=0/lwaftr:passthru-state`
  const shown = async (internalNextHop: NextHopState) => {
    const queues = [{ ...queue, passthruLinkUp: true, internalNextHop }]
    dataplane.current = { instances: [{ ...instance, queues }] }
    return (await send('GET', at)).json()
  }
  t.same(await shown({ status: 'static', mac: '02:22:22:22:22:99' }), {
    'lwaftr:passthru-state': { 'oper-status': 'up' },
  })
  t.same(await shown({ status: 'resolved', mac: '02:00:00:00:00:07' }), {
    'lwaftr:passthru-state': { 'oper-status': 'up', 'internal-next-hop-mac': '02:00:00:00:00:07' },
  })
})

t.test('a list is read by pages', async (t) => {
  const { send } = await build(t)
  const list = async (query: string) => {
    const answer = await send('GET', `${TABLE}/softwire${query}`)
    t.equal(answer.statusCode, 200, answer.body)
    return answer.json()['snabb-softwire-v3:softwire'].map((entry: { psid: number }) => entry.psid)
  }
  t.same(await list(''), [1, 2])
  t.same(await list('?limit=1'), [1])
  t.same(await list('?limit=1&offset=1'), [2])
  t.same(await list('?offset=2'), [])
  const instances = await send('GET', `${CONFIG}/instance?limit=1&content=config`)
  t.equal(instances.json()['snabb-softwire-v3:instance'].length, 1)
})

t.test('defaults are shown when they are asked for', async (t) => {
  const { send } = await build(t)
  const url = `${CONFIG}/external-interface?with-defaults=report-all`
  t.same((await send('GET', url)).json(), {
    'snabb-softwire-v3:external-interface': {
      mtu: 1500,
      mru: 1460,
      'allow-incoming-icmp': true,
      'generate-icmp-errors': true,
      'error-rate-limiting': { packets: 200, period: 2 },
      reassembly: { 'max-fragments-per-packet': 20, 'max-packets': 20000 },
    },
  })
  const one = await send('GET', `${TABLE}/softwire?where=psid=1&with-defaults=report-all`)
  t.same(one.json(), {
    'snabb-softwire-v3:softwire': [
      {
        ...softwire('193.5.1.100', 1, { padding: 0 }),
        'port-set': { 'psid-length': 6, 'reserved-ports-bit-count': 0 },
      },
    ],
  })
})

t.test('the same data in every format', async (t) => {
  const { send } = await build(t)
  const url = `${TABLE}/softwire=193.5.1.100,1`
  const get = (accept: string) => send('GET', url, undefined, { accept })
  t.equal((await get('application/yang-data+json')).headers['content-type'], 'application/yang-data+json')
  const xml = await get('application/yang-data+xml;q=1, application/yang-data+json;q=0.5')
  t.equal(xml.headers['content-type'], 'application/yang-data+xml')
  t.match(xml.body, /^<softwire xmlns="snabb:softwire-v3"><ipv4>193.5.1.100<\/ipv4><psid>1<\/psid>/)
  t.match((await get('application/vnd.lwaftr.document+text')).body, /^ipv4 193.5.1.100;\npsid 1;\n/)
  t.match(
    (await get('application/vnd.lwaftr.document+xpath')).body,
    /^\/softwire-config\/binding-table\/softwire\[ipv4=193.5.1.100\]\[psid=1\]\/ipv4 193.5.1.100\n/,
  )
  t.equal((await get('text/html')).statusCode, 406)
})

t.test('a large table is whole in pieces, in every format', async (t) => {
  const entries = Array.from({ length: 3000 }, (_, i) => softwire(`10.0.${i >> 6}.1`, i & 63))
  const { send } = await build(t, {
    'snabb-softwire-v3:softwire-config': { 'binding-table': { softwire: entries } },
  })
  const whole = (await send('GET', '/restconf/data?content=config')).json()
  t.same(whole['ietf-restconf:data']['snabb-softwire-v3:softwire-config']['binding-table'].softwire, entries)
  for (const format of ['vnd.lwaftr.document+text', 'yang-data+xml', 'vnd.lwaftr.document+xpath']) {
    const answer = await send('GET', '/restconf/data?content=config', undefined, {
      accept: `application/${format}`,
    })
    t.equal(answer.body.match(/2001:db8:b4::/g)?.length, 3000, format)
  }
})

t.test('validators are those of the datastore', async (t) => {
  const { send, datastore } = await build(t)
  const first = await send('GET', TABLE)
  const { etag } = first.headers
  t.equal(etag, datastore.entityTag)
  t.equal(first.headers['last-modified'], datastore.running.time.toUTCString())
  t.equal((await send('GET', TABLE, undefined, { 'if-none-match': etag })).statusCode, 304)
  const weak = { 'if-none-match': `"other", W/${etag}` }
  t.equal((await send('GET', TABLE, undefined, weak)).statusCode, 304, 'as a compressing proxy gave it')
  const soon = new Date(Date.now() + 5000).toUTCString()
  t.equal((await send('GET', TABLE, undefined, { 'if-modified-since': soon })).statusCode, 304)
  t.equal(
    (await send('GET', CONFIG, undefined, { 'if-none-match': etag })).statusCode,
    200,
    'counters may have moved',
  )
  t.equal(
    (await send('GET', `${CONFIG}?content=config`, undefined, { 'if-none-match': etag })).statusCode,
    304,
  )
  await send('DELETE', `${TABLE}/softwire=193.5.1.100,2`)
  t.equal((await send('GET', TABLE, undefined, { 'if-none-match': etag })).statusCode, 200)
})

t.test('HEAD is GET without a body, OPTIONS says what can be done', async (t) => {
  const { send } = await build(t)
  const head = await send('HEAD', TABLE)
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.ok(head.headers.etag)
  for (const [url, allow] of [
    ['/restconf/data', 'GET, HEAD, OPTIONS, POST, PUT, PATCH'],
    [TABLE, 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE'],
    [`${TABLE}/softwire`, 'GET, HEAD, OPTIONS'],
    [`${CONFIG}/external-interface/mtu`, 'GET, HEAD, OPTIONS, PUT, PATCH, DELETE'],
    ['/restconf/data/snabb-softwire-v3:softwire-state', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const options = await send('OPTIONS', url)
    t.equal(options.headers.allow, allow, url)
    t.equal('accept-patch' in options.headers, allow.includes('PATCH'), url)
  }
})

t.test('the API is found from its well-known place', async (t) => {
  const { send } = await build(t)
  const xrd = await send('GET', '/.well-known/host-meta')
  t.equal(xrd.headers['content-type'], 'application/xrd+xml')
  t.match(xrd.body, '<Link rel="restconf" href="/restconf"/>')
  const json = await send('GET', '/.well-known/host-meta', undefined, { accept: 'application/json' })
  t.same(json.json(), { links: [{ rel: 'restconf', href: '/restconf' }] })
  t.same((await send('GET', '/restconf')).json(), {
    'ietf-restconf:restconf': { data: {}, operations: {}, 'yang-library-version': '2019-01-04' },
  })
  t.same((await send('GET', '/restconf/yang-library-version')).json(), {
    'ietf-restconf:yang-library-version': '2019-01-04',
  })
  t.equal((await send('GET', '/healthz')).statusCode, 200)
  t.equal((await send('GET', '/readyz')).statusCode, 200)
})

t.test('readiness names what keeps an instance from forwarding', async (t) => {
  const { send, dataplane } = await build(t)
  const [{ queues, worker }] = state.instances
  const instance = { device: 'eth0', externalDevice: 'eth1', worker, queues }
  const without = { carries: { ipv4: false, ipv6: true } }
  const cut = queues.map((queue) => ({ ...queue, ...without, externalLinkUp: false }))
  const unresolved = queues.map((queue) => ({ ...queue, ...without }))
  for (const [problems, now] of [
    [[], instance],
    [['eth1: link down'], { ...instance, queues: cut }],
    [['eth0 queue 0: ipv4 next hop unresolved'], { ...instance, queues: unresolved }],
    [
      ['eth0: killed by SIGKILL'],
      { ...instance, worker: { ...worker, status: 'down', problem: 'killed by SIGKILL' } },
    ],
  ] as const) {
    dataplane.current = { instances: [now] }
    const answer = await send('GET', '/readyz')
    const expected = problems.length > 0 ? { status: 'degraded', problems } : { status: 'ready' }
    t.same([answer.statusCode, answer.json()], [problems.length > 0 ? 503 : 200, expected])
  }
})
