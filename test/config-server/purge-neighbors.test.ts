// Forgetting what next hops were found to have, over RESTCONF.
import t, { type Test } from 'tap'
import { instance, queue, twoQueues } from './announce/queues.js'
import { build } from './helper.js'

async function open(t: Test) {
  const built = await build(t, twoQueues())
  const probing = { internalNextHop: { status: 'probing', mac: '02:00:00:00:00:02' } } as const
  built.dataplane.current = { instances: [instance('eth0', [queue(0), queue(1, probing)])] }
  const purge = (input: object) =>
    built.send('POST', '/restconf/operations/lwaftr:purge-neighbors', { 'lwaftr:input': input })
  return { ...built, purge }
}

t.test('purging says how many next hops were known by an answer', async (t) => {
  for (const [input, purged, queues] of [
    [{}, 3, ['eth0 0', 'eth0 1']],
    [{ instance: 'eth0' }, 3, ['eth0 0', 'eth0 1']],
    [{ instance: 'eth0', queue: 0 }, 1, ['eth0 0']],
  ] as const) {
    const { purge, dataplane, snapshot } = await open(t)
    const before = await snapshot()
    const answer = await purge(input)
    t.same(answer.json(), { 'lwaftr:output': { purged } }, JSON.stringify(input))
    t.same(dataplane.purged, queues)
    t.same(await snapshot(), before, 'it is no commit')
  }
})

t.test('what is not there cannot be purged', async (t) => {
  const { purge, dataplane } = await open(t)
  for (const [input, tag, path] of [
    [{ instance: 'eth9' }, 'data-missing', "/snabb-softwire-v3:softwire-config/instance[device='eth9']"],
    [
      { instance: 'eth0', queue: 9 },
      'data-missing',
      "/snabb-softwire-v3:softwire-config/instance[device='eth0']/queue[id='9']",
    ],
  ] as const) {
    const [refusal] = (await purge(input)).json()['ietf-restconf:errors'].error
    t.match(refusal, { 'error-tag': tag, 'error-path': path })
  }
  t.same(dataplane.purged, [])
})
