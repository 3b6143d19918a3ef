/** What a migration did not carry over, or carried over to another meaning: kept short where it is the same many times. */

/** Entries that are named for one reason; the rest are counted. */
const named = 10

export class Report {
  readonly #remarks: string[] = []
  readonly #leftOut = new Map<string, { count: number; first: string[] }>()

  /** Something to look at. */
  remark(text: string, line?: number): void {
    this.#remarks.push(`${at(line)}${text}`)
  }

  /** `what` is not in the result. The same `why` is said once for all. */
  leftOut(what: string, why: string, line?: number): void {
    const same = this.#leftOut.get(why) ?? { count: 0, first: [] }
    this.#leftOut.set(why, same)
    if (same.count++ < named) same.first.push(`${at(line)}${what}`)
  }

  get lines(): string[] {
    const leftOut = [...this.#leftOut].flatMap(([why, { count, first }]) => {
      const rest = count > first.length ? [`  and ${count - first.length} more`] : []
      return count === 1
        ? [`left out: ${first[0]}: ${why}`]
        : [`left out, ${count} times: ${why}`, ...first.map((what) => `  ${what}`), ...rest]
    })
    return [...this.#remarks, ...leftOut]
  }
}

function at(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `
}
