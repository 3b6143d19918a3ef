// A tree of a TAP stream's subtests, and how many test cases it holds.

/**
 * Records a parser's subtests: `points` are its own assertions, `children` its subtests,
 * `closing` the assertion in its parent that sums it up.
 */
export function watch(parser, name = '') {
  const node = { name, points: [], children: [], closing: null }
  parser.on('child', (child) => node.children.push(watch(child, child.name)))
  parser.on('assert', (point) => {
    const child = node.children.at(-1)
    const closes = child !== undefined && child.closing === null && child.name === point.name
    if (!closes) return node.points.push(point)
    child.closing = point
  })
  return node
}

/** Innermost subtests count as one case each; so does a skipped one, which has no body. */
export function countCases(node) {
  const skipped = node.points.filter((point) => point.skip).length + (node.closing?.skip ? 1 : 0)
  const failedPoints = node.points.filter((point) => !point.ok && !point.todo).length
  const totals = { passed: 0, failed: 0, skipped }
  for (const child of node.children) {
    const counted = countCases(child)
    for (const key of Object.keys(totals)) totals[key] += counted[key]
  }
  const own = node.points.length - node.points.filter((point) => point.skip || point.todo).length
  if (node.children.length === 0) {
    const broken = node.closing !== null && !node.closing.ok
    if (failedPoints > 0 || broken) totals.failed++
    else if (own > 0) totals.passed++
  } else if (failedPoints > 0 || (node.closing !== null && !node.closing.ok && totals.failed === 0)) {
    totals.failed++
  }
  return totals
}
