// Values of types that our own model has little or nothing of, and other modules may: text, JSON, canonical form.
import t from 'tap'
import type { JsonValue } from '../../src/schema/json-types.js'
import type { LeafType } from '../../src/schema/schema.js'
import { BadValue, describeType, valueFromJson, valueFromText } from '../../src/schema/values.js'

const type = (base: LeafType['base'], more: Partial<LeafType> = {}): LeafType => ({
  base,
  ranges: [],
  patterns: [],
  names: [],
  members: [],
  ...more,
})
const decimal = type('decimal64', { fractionDigits: 2 })
const bounded = type('decimal64', { fractionDigits: 2, ranges: [['-150', '150']] })
const identity = type('identityref', { names: ['lwaftr:a', 'lwaftr:b'] })

function read(of: LeafType, text: string): JsonValue {
  try {
    return valueFromText(of, text)
  } catch (problem) {
    if (problem instanceof BadValue) return `refused: ${problem.problem}`
    throw problem
  }
}

// RFC 7950 s9.3.2: the canonical form has at least one digit on each side of the point, and no zeros to spare.
for (const [of, text, expected] of [
  [decimal, '1', '1.0'],
  [decimal, '-1.50', '-1.5'],
  [decimal, '+007.25', '7.25'],
  [decimal, '0.125', 'refused: "0.125" is not a number with at most 2 decimals'],
  [decimal, '1,5', 'refused: "1,5" is not a number with at most 2 decimals'],
  [decimal, '92233720368547758.07', '92233720368547758.07'],
  [decimal, '92233720368547758.08', 'refused: 92233720368547758.08 is out of range'],
  [bounded, '1.5', '1.5'],
  [bounded, '-1.51', 'refused: -1.51 is out of range'],
  [type('empty'), '', [null]],
  [type('empty'), 'x', 'refused: takes no value'],
  [identity, 'a', 'lwaftr:a'],
  [identity, 'lwaftr:b', 'lwaftr:b'],
  [identity, 'c', 'refused: "c" is not lwaftr:a or lwaftr:b'],
] as const)
  t.test(`${of.base} ${JSON.stringify(text)}`, async (t) => {
    t.same(read(of, text), expected)
  })

t.test('what is allowed is told in words', async (t) => {
  t.equal(describeType(decimal), 'a number with at most 2 decimals')
  t.equal(describeType(type('empty')), 'no value')
  t.equal(describeType(type('binary')), 'a binary')
  t.equal(describeType(type('string', { format: 'date-and-time' })), 'a date and time (2026-01-31T12:00:00Z)')
})

t.test('JSON has [null] for a leaf that is only there (RFC 7951 s6.9)', async (t) => {
  t.same(valueFromJson(type('empty'), [null]), [null])
  for (const wrong of [null, [], [null, null], true])
    t.throws(() => valueFromJson(type('empty'), wrong), BadValue, JSON.stringify(wrong))
})
