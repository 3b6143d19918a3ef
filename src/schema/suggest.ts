/** "did you mean": the nearest of the names that would have been right. */

/** Edits (insert, delete, replace, swap neighbours) between two words. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1)
      current.push(best)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** Without its prefix: what is wrong may be just that. */
const bare = (name: string) => name.slice(name.indexOf(':') + 1)

/** `; did you mean NAME?`, or what there is when nothing is near and the list is short; else nothing. */
export function hint(name: string, known: Iterable<string>): string {
  const names = [...known]
  if (name.length <= 64) {
    const ranked = names
      .map((candidate) => ({
        candidate,
        edits: Math.min(distance(name, candidate), distance(bare(name), bare(candidate))),
      }))
      .sort((a, b) => a.edits - b.edits)
    const [best] = ranked
    if (best !== undefined && best.edits <= Math.max(2, Math.floor(name.length / 3)))
      return `; did you mean ${best.candidate}?`
  }
  if (names.length === 0) return '; nothing is expected here'
  return names.length > 12 ? '' : `; expected ${names.length === 1 ? '' : 'one of '}${names.join(', ')}`
}
