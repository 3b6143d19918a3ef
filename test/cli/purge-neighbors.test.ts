// lwaftr purge-neighbors, at a relay whose next hops nobody is.
import t from 'tap'
import { World } from './relay.js'

t.test('next hops are asked for again, and what is not there is named', async (t) => {
  const world = new World(t)
  const relay = await world.run()
  for (const words of [[], ['link0'], ['link0', '--queue', '0']])
    t.same(await world.lwaftr(['purge-neighbors', ...words]), {
      code: 0,
      stdout: '0 next hops are asked for again\n',
      stderr: '',
    })
  for (const [words, complaint] of [
    [['eth9'], "/snabb-softwire-v3:softwire-config/instance[device='eth9'] does not exist"],
    [['link0', '--queue', 'x'], 'It must be a whole number from 0 to 255'],
  ] as const) {
    const { code, stderr } = await world.lwaftr(['purge-neighbors', ...words])
    t.not(code, 0)
    t.match(stderr, complaint)
  }
  t.match(await relay.stop(), { code: 0 })
})
