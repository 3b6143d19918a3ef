// Edits over RESTCONF at a million softwires: durable before they are acknowledged, and forwarding then.
import { Connection, pipelined } from '../http.js'
import { input } from '../inputs.js'
import { Probe } from '../probe.js'
import { type BenchRelay, TABLE, withRelay } from '../relay.js'
import { b4Of, bodyOf, keyOf, pathOf } from '../softwires.js'
import { type Figure, quantile, type Scale, type Trial } from '../trial.js'

const DEPTH = 16
const PATCH = { 'content-type': 'application/yang-patch+json' }

function trial(
  name: string,
  title: string,
  run: (relay: BenchRelay, scale: Scale) => Promise<Figure[]>,
): Trial {
  return {
    name,
    title,
    run: async (scale) => withRelay((await input(scale, 'million')).conf, (relay) => run(relay, scale)),
  }
}

export const edits: readonly Trial[] = [
  trial('edit', 'one edit at a time at 1M', single),
  trial('edits', 'edits one after another, pipelined, at 1M', sustained),
  trial('body', '1000 edits in one body at 1M', body),
]

async function single(relay: BenchRelay, scale: Scale): Promise<Figure[]> {
  const connection = await Connection.open(relay.url)
  const probe = new Probe(await relay.link())
  const acknowledged: number[] = []
  const forwarding: number[] = []
  let wrong = 0
  for (let i = 0; i < scale.requests; i++) {
    const key = keyOf(scale, i)
    const begin = performance.now()
    const { status, latency } = await connection.request('PUT', pathOf(key), JSON.stringify(bodyOf(key, i)))
    if (status !== 204) throw new Error(`an edit was answered ${status}`)
    acknowledged.push(latency)
    if (!(await probe.leavesFor(key, b4Of(i)))) wrong++
    forwarding.push(performance.now() - begin)
  }
  const note = disk(relay)
  connection.close()
  probe.link.close()
  return [
    {
      what: 'one edit at 1M, acknowledged: median',
      value: quantile(acknowledged),
      unit: 'ms',
      budget: { most: 5 },
      note,
    },
    {
      what: 'the same: 99th percentile',
      value: quantile(acknowledged, 0.99),
      unit: 'ms',
      budget: { most: 20 },
    },
    {
      what: 'one edit at 1M, a packet seen forwarded by it: median',
      value: quantile(forwarding),
      unit: 'ms',
      budget: { most: 5 },
    },
    {
      what: 'the same: 99th percentile',
      value: quantile(forwarding, 0.99),
      unit: 'ms',
      budget: { most: 20 },
    },
    {
      what: 'packets after the answer that missed the edit',
      value: wrong,
      unit: 'packets',
      budget: { most: 0 },
    },
  ]
}

async function sustained(relay: BenchRelay, scale: Scale): Promise<Figure[]> {
  const connection = await Connection.open(relay.url)
  const value = await pipelined(DEPTH, 5 * scale.seconds, (n) => {
    const key = keyOf(scale, n)
    return connection.request('PUT', pathOf(key), JSON.stringify(bodyOf(key, n)))
  })
  connection.close()
  const note = `${DEPTH} under way on one connection, each a commit; ${disk(relay)}`
  return [{ what: 'sustained single edits at 1M', value, unit: '/s', budget: { least: 1000 }, note }]
}

async function body(relay: BenchRelay, scale: Scale): Promise<Figure[]> {
  const connection = await Connection.open(relay.url)
  const merge: number[] = []
  const patch: number[] = []
  for (let i = 0; i < 2 * scale.runs + 1; i++) {
    const keys = Array.from({ length: scale.requests }, (_, n) => keyOf(scale, n))
    const entries = keys.map((key, n) => ({ key, value: bodyOf(key, 2 * i * scale.requests + n) }))
    const softwire = entries.flatMap(({ value }) => value['snabb-softwire-v3:softwire'])
    const whole = JSON.stringify({ 'snabb-softwire-v3:binding-table': { softwire } })
    merge.push(await timed(connection.request('PATCH', TABLE, whole)))
    const edit = entries.map(({ key: { ipv4, psid } }, n) => ({
      'edit-id': `${n}`,
      operation: 'replace',
      target: `/softwire=${ipv4},${psid}`,
      value: bodyOf({ ipv4, psid }, (2 * i + 1) * scale.requests + n),
    }))
    const ordered = JSON.stringify({ 'ietf-yang-patch:yang-patch': { 'patch-id': `${i}`, edit } })
    patch.push(await timed(connection.request('PATCH', TABLE, ordered, PATCH)))
  }
  connection.close()
  const figure = (what: string, all: number[]): Figure => ({
    what: `${scale.requests} edits in one ${what} at 1M`,
    value: quantile(all),
    unit: 'ms',
    budget: { most: 50 },
    note: `first ${all[0]?.toFixed(0)} ms`,
  })
  return [figure('PATCH', merge), figure('YANG Patch', patch)]
}

/** A commit is made durable by two writes that wait for the disk. */
const disk = (relay: BenchRelay) => `the disk takes ${relay.diskTime().toFixed(2)} ms for a durable write`

async function timed(answer: ReturnType<Connection['request']>): Promise<number> {
  const { status, latency, head } = await answer
  if (status >= 300) throw new Error(`answered: ${head.split('\r\n')[0]}`)
  return latency
}
