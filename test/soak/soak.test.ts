// The soak's short form: nothing is lost, refused or unaccounted for. How much grows in an hour, hours tell.
import t from 'tap'
import { skip } from '../lab/helper.js'
import { drift, type Sample, soak } from './soak.js'

t.test('traffic and edits go on, and nothing is lost', { skip, timeout: 120_000 }, async (t) => {
  const print = (sample: Sample) => t.comment(JSON.stringify(sample))
  const { samples, unaccounted } = await soak({
    segments: 2,
    segment: 2,
    rate: 2000,
    edits: 20,
    seed: 1,
    print,
  })
  for (const sample of samples) {
    t.match(sample, { lost: 0, unexpected: 0, refused: 0 })
    t.ok(sample.packets > 0 && sample.edits > 0)
  }
  t.equal(unaccounted, 0n, 'every frame is accounted for')
})

t.test('drift is what a figure grows in an hour, after it has warmed up', async (t) => {
  const of = (...memory: number[]) =>
    drift(
      memory.map((leaderMemory) => ({ leaderMemory, seconds: 60 }) as Sample),
      (sample) => sample.leaderMemory,
    )
  t.equal(of(0, 100, 100, 100, 100, 100), 0, 'the first third does not count')
  t.equal(of(9, 9, 1, 2, 3, 4), 60, 'one a minute')
  t.equal(of(9, 9, 4, 3, 2, 1), -60)
})
