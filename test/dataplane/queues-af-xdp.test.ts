import t from 'tap'
import { commit, instance, open, queue } from './helper.js'
import { multiqueueCable, queueTests } from './queues.js'
import { obstacleToXdp } from './xdp.js'

const skip = (await obstacleToXdp(t)) ?? false

queueTests('af-xdp', skip)

t.test('auto keeps to the driver that an instance began with', { skip }, async (t) => {
  const cable = await multiqueueCable(t, 2)
  const all = [0, 1].map((id) => queue({ id }))
  const cases = [
    {
      sentence: 'not all hardware queues have a thread at first',
      first: all.slice(0, 1),
      drivers: [
        /: AF_PACKET, .* 2 hardware queues, .* has 1 /,
        /: AF_PACKET, .* other queues do without/,
        /: AF_PACKET, .* queue 2 is not one of its 2 /,
      ],
    },
    {
      sentence: 'all of them have one at first',
      first: all,
      drivers: [/: AF_XDP, native mode, copying$/, /: AF_PACKET, .* queue 2 is not one of its 2 /],
    },
  ]
  for (const { sentence, first, drivers } of cases) {
    const said: string[] = []
    const dataplane = await open(t, { driver: 'auto', said })
    for (const queues of [first, all, [...all, queue({ id: 2 })]])
      await commit(dataplane, [instance(cable.relay, ...queues)])
    const lines = said.filter((line) => line.includes(` ${cable.relay}: `))
    t.match(lines, drivers, sentence)
    t.equal(lines.length, drivers.length)
    await dataplane.close()
  }
})
