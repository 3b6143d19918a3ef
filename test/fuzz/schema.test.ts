/**
 * A short run that is always the same; `npm run fuzz` gives it time and a seed of its own by LWAFTR_FUZZ_SECONDS.
 */
import t from 'tap'
import { Random } from '../schema/random.js'
import { check } from './promises.js'

const rounds = 8000
const seconds = Number(process.env.LWAFTR_FUZZ_SECONDS ?? 0)

t.setTimeout((seconds + 60) * 1000)

t.test('whatever configuration, value or path is given, the answer is one, or says what is wrong', (t) => {
  const seed = seconds > 0 ? Date.now() | 0 : 7596
  const random = new Random(seed)
  const end = Date.now() + seconds * 1000
  let round = 0
  for (; seconds > 0 ? Date.now() < end : round < rounds; round++) check(random)
  t.pass(`${round} rounds, seed ${seed}`)
  t.end()
})
