// What the server says it can do, and the streams it has.
import t from 'tap'
import { restconfState } from '../../src/config-server/restconf-monitoring.js'
import { build } from './helper.js'

const STATE = '/restconf/data/ietf-restconf-monitoring:restconf-state'

t.test('capabilities are told in both formats', async (t) => {
  const { send } = await build(t, null)
  const answer = await send('GET', `${STATE}/capabilities`)
  const { capability } = answer.json()['ietf-restconf-monitoring:capabilities']
  t.ok(capability.includes('urn:ietf:params:restconf:capability:defaults:1.0?basic-mode=explicit'))
  t.equal(new Set(capability).size, capability.length, 'none of them twice')
  const xml = await send('GET', STATE, undefined, { accept: 'application/yang-data+xml' })
  t.equal(xml.body.match(/<capability>/g)?.length, capability.length)
})

t.test('streams are described for who asks', async (t) => {
  const stream = (base: string) => [
    { name: 'NETCONF', access: [{ encoding: 'json', location: `${base}/streams/NETCONF/json` }] },
  ]
  const { state } = restconfState(['urn:x'], stream)
  t.same(state({ base: 'https://relay', config: {}, path: { steps: [] } }), {
    'ietf-restconf-monitoring:restconf-state': {
      capabilities: { capability: ['urn:x'] },
      streams: {
        stream: [
          {
            name: 'NETCONF',
            access: [{ encoding: 'json', location: 'https://relay/streams/NETCONF/json' }],
          },
        ],
      },
    },
  })
})
