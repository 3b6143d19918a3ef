// The soak's short form: nothing is lost, refused or unaccounted for. How much grows in an hour, hours tell.
import t from 'tap'
import { skip } from '../lab/helper.js'
import { drift, type Sample, soak } from './soak.js'

t.test('traffic, edits and clients go on, and nothing is lost', { skip, timeout: 120_000 }, async (t) => {
  const print = (sample: Sample) => t.comment(JSON.stringify(sample))
  const options = { segments: 2, segment: 2, seed: 1, print }
  const rates = { rate: 2000, edits: 20, clients: 20, hostile: 0, warmUp: 0 }
  const { samples, unaccounted, updates, gaps } = await soak({ ...options, ...rates, events: false })
  for (const sample of samples) {
    t.match(sample, { lost: 0, unexpected: 0, refused: 0, missed: 0, complaints: [], processes: 3 })
    t.ok(sample.packets > 0 && sample.edits > 0 && sample.pings > 0 && sample.clients > 0)
    t.equal(sample.errors, sample.errorsDue, 'who sends packets that die at the relay is told')
  }
  t.ok(updates > 0)
  t.equal(gaps, 0, 'a follower is told of every change')
  t.same(unaccounted, [0n, 0n], 'every frame is accounted for')
})

t.test('drift is what a figure grows in an hour, after it has warmed up', async (t) => {
  const of = (...figures: number[]) =>
    drift(
      figures.map((figure) => ({ figure, seconds: 60 })),
      ({ figure }) => figure,
    )
  t.equal(of(0, 100, 100, 100, 100, 100), 0, 'the first third does not count')
  t.equal(of(9, 9, 1, 2, 3, 4), 60, 'one a minute')
  t.equal(of(9, 9, 4, 3, 2, 1), -60)
})
