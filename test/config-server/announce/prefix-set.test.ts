// The cover of random sets of addresses against a slow, obvious one: the block of all of them, halved until each part
// is full or empty.
import t from 'tap'
import { type Family, IPV4, IPV6 } from '../../../src/config-server/announce/family.js'
import { ListedPrefixes, PrefixCover } from '../../../src/config-server/announce/prefix-set.js'
import { Random } from '../../schema/random.js'

const BITS = 6

/** The fewest prefixes that cover exactly the active units, whose last BITS vary. */
function slowCover<A>(family: Family<A>, base: A, active: ReadonlySet<A>, longest: number): A[] {
  const halves = (network: A, length: number) =>
    [network, family.sibling(network, length + 1)].map((half) => [half, length + 1] as const)
  const units = (network: A, length: number): A[] =>
    length === longest ? [network] : halves(network, length).flatMap((half) => units(...half))
  const cover = (network: A, length: number): A[] => {
    const all = units(network, length)
    if (all.every((unit) => active.has(unit))) return [family.prefix(network, length)]
    return all.some((unit) => active.has(unit))
      ? halves(network, length).flatMap((half) => cover(...half))
      : []
  }
  return cover(family.network(base, longest - BITS), longest - BITS)
}

/** What went wrong, or null. */
function tryOut<A>(family: Family<A>, base: A, unitAt: (n: number) => A, longest: number): string | null {
  const r = new Random(7)
  const active = new Set<A>()
  const cover = new PrefixCover(family, longest)
  const told = new Set<A>()
  cover.takeChanges()
  const text = (prefixes: Iterable<A>) => family.sort(prefixes).map(family.format).join(' ')
  for (let round = 0; round < 600; round++) {
    // Long runs of one kind, so that blocks fill and empty again.
    const unit = family.network(unitAt(r.below(1 << BITS)), longest)
    if (r.chance(round % 200 < 100 ? 90 : 10)) active.add(unit)
    else active.delete(unit)
    cover.update(unit, (network) => active.has(network))
    const { added, removed } = cover.takeChanges()
    for (const prefix of removed) if (!told.delete(prefix)) return `${text([prefix])} was not there`
    for (const prefix of added) told.add(prefix)
    const expected = text(slowCover(family, base, active, longest))
    if (text(cover) !== expected) return `round ${round}: ${text(cover)} instead of ${expected}`
    if (text(told) !== expected) return `round ${round}: changes add up to ${text(told)}, not to ${expected}`
  }
  return null
}

t.test('prefixes cover exactly the active addresses, and no fewer could', async (t) => {
  t.equal(
    tryOut(IPV4, 0xc1050140, (n) => 0xc1050140 + n, 32),
    null,
  )
  t.equal(
    tryOut(IPV4, 0xffffffc0, (n) => 0xffffffc0 + n, 32),
    null,
    'at the end of the address space',
  )
  const base = 0x20010db8n << 96n
  t.equal(
    tryOut(IPV6, base, (n) => base + BigInt(n), 128),
    null,
  )
})

t.test('with a bound, blocks of that length are the smallest', async (t) => {
  t.equal(
    tryOut(IPV4, 0xc1000000, (n) => 0xc1000000 + n * 256, 24),
    null,
  )
  t.equal(
    tryOut(IPV4, 0, (n) => n * 2 ** 26, 6),
    null,
    'up to the whole address space',
  )
  const base = 0x20010db8n << 96n
  t.equal(
    tryOut(IPV6, base, (n) => base + (BigInt(n) << 80n), 48),
    null,
  )
})

t.test('prefixes are read and written', async (t) => {
  const ipv4 = [
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['193.5.1.100/24', '193.5.1.0/24'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['2001:db8::/32', undefined],
  ] as const
  const ipv6 = [
    ['::/0', '::/0'],
    ['2001:db8::1/127', '2001:db8::/127'],
    ['ffff::ffff/128', 'ffff::ffff/128'],
    ['10.0.0.0/8', undefined],
  ] as const
  const again = <A>(family: Family<A>, text: string) => {
    const prefix = family.parse(text)
    return prefix === undefined ? undefined : family.format(prefix)
  }
  for (const [text, expected] of ipv4) t.equal(again(IPV4, text), expected, text)
  for (const [text, expected] of ipv6) t.equal(again(IPV6, text), expected, text)
})

t.test('listed prefixes are announced while something in them is active', async (t) => {
  const parse = (text: string) => IPV4.parse(text) ?? 0
  const listed = new ListedPrefixes(IPV4, ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.0/24'].map(parse))
  const shown = () => listed.sorted().map(IPV4.format)
  const address = IPV4.networkOf(parse('10.1.2.3/32'))
  listed.update(address, () => true)
  t.same(shown(), ['10.0.0.0/8', '10.1.0.0/16'])
  listed.update(address, (_, length) => length === 8)
  t.same(shown(), ['10.0.0.0/8'])
  listed.update(IPV4.networkOf(parse('172.16.0.1/32')), () => true)
  t.same(shown(), ['10.0.0.0/8'], 'what is not listed is not announced')
})
