// Long work is done in turns: whoever else waits is served in between.
import t from 'tap'
import { parsePath } from '../../src/schema/paths.js'
import { build, schema, softwire } from './helper.js'

const SOFTWIRES = 5_000

t.test('a comparison of many softwires does not hold up others', async (t) => {
  const { send, transactions } = await build(t)
  for (const padding of [1, 2]) {
    const value = Array.from({ length: SOFTWIRES }, (_, i) =>
      softwire(`10.${i >> 14}.${(i >> 6) & 255}.1`, i & 63, { padding }),
    )
    const target = parsePath(schema, '/softwire-config/binding-table/softwire')
    await transactions.commit({
      edits: [{ operation: 'replace', target, value }],
      who: 'test',
      via: 'test',
      permit: 'everything',
    })
  }
  let served = 0
  let done = false
  const serve = () => {
    served++
    if (!done) setImmediate(serve)
  }
  serve()
  const answer = await send('POST', '/restconf/operations/lwaftr:compare', {
    'lwaftr:input': { limit: 100_000 },
  })
  done = true
  const lines: string[] = answer.json()['lwaftr:output'].difference
  t.equal(lines.length, 2 * SOFTWIRES)
  t.same(
    ['- ', '+ '].map((sign) => lines.filter((line) => line.startsWith(sign)).length),
    [SOFTWIRES, SOFTWIRES],
  )
  t.ok(served > 5, `${served} times`)
})
