// State comes from whoever has it, and nobody else is asked.
import t from 'tap'
import { stateAt } from '../../src/config-server/state-provider.js'
import { parsePath } from '../../src/schema/paths.js'
import { schema } from './helper.js'

const CONFIG = 'snabb-softwire-v3:softwire-config'
const STATE = 'snabb-softwire-v3:softwire-state'

/** Two with state of the same instance, one of them with the totals too. */
function providers() {
  const asked: string[] = []
  const provider = (name: string, tree: Parameters<typeof stateAt>[2]['config']) => ({
    roots: Object.keys(tree),
    state: () => {
      asked.push(name)
      return tree
    },
  })
  const all = [
    provider('counters', {
      [CONFIG]: { instance: [{ device: 'eth0', 'softwire-state': { 'in-ipv4-bytes': '1' } }] },
      [STATE]: { 'in-ipv4-bytes': '1' },
    }),
    provider('passthru', {
      [CONFIG]: {
        instance: [{ device: 'eth0', queue: [{ id: 0, 'lwaftr:passthru-state': { 'oper-status': 'up' } }] }],
      },
    }),
  ]
  return { asked, all }
}

for (const [path, names] of [
  ['/', ['counters', 'passthru']],
  ['/softwire-config', ['counters', 'passthru']],
  ['/softwire-config/instance[device=eth0]/queue', ['counters', 'passthru']],
  ['/softwire-state/in-ipv4-bytes', ['counters']],
] as const)
  t.test(`${path} asks ${names.join(' and ')}`, async (t) => {
    const { asked, all } = providers()
    stateAt(schema, all, { base: '', config: {}, path: parsePath(schema, path) })
    t.same(asked, names)
  })

t.test('what several know of one instance is told in one place', async (t) => {
  const { all } = providers()
  t.same(stateAt(schema, all, { base: '', config: {}, path: { steps: [] } }), {
    [CONFIG]: {
      instance: [
        {
          device: 'eth0',
          'softwire-state': { 'in-ipv4-bytes': '1' },
          queue: [{ id: 0, 'lwaftr:passthru-state': { 'oper-status': 'up' } }],
        },
      ],
    },
    [STATE]: { 'in-ipv4-bytes': '1' },
  })
})
