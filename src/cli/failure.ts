// What a command says when it fails: one line, unless it is a bug; on a terminal also the place in the input.
import { closeSync, openSync, readFileSync } from 'node:fs'
import { LwaftrError } from '../errors.js'

/** A place in a text; lines and columns count from 1, columns in bytes. */
export interface Place {
  readonly file?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** An answer of the relay that says no, in its words. */
export class Refused extends Error {
  override readonly name = 'Refused'

  constructor(
    message: string,
    readonly details: ErrorOptions & { readonly status?: number | undefined; readonly place?: Place } = {},
  ) {
    super(message, details)
  }
}

/** A failure whose place is in an input that can be had only once, such as stdin. */
export class InInput extends Error {
  override readonly name = 'InInput'

  constructor(
    readonly problem: LwaftrError | Refused,
    readonly input: Buffer,
  ) {
    super(problem.message)
  }
}

/** What `read` makes of the input; its failures know where that is. */
export function readingInput<T>(input: Buffer, read: () => T): T {
  try {
    return read()
  } catch (problem) {
    throw problem instanceof LwaftrError ? new InInput(problem, input) : problem
  }
}

export function describeFailure(problem: unknown): string {
  if (problem instanceof InInput) return describeFailure(problem.problem)
  if (problem instanceof LwaftrError) return problem.describe()
  if (problem instanceof Refused) return problem.message
  if (!(problem instanceof Error)) return String(problem)
  // The system's own errors are an operator's business; others are ours.
  if ('code' in problem && 'syscall' in problem) return problem.message
  return `internal error: ${problem.stack ?? problem.message}`
}

/** The line that the failure is about and a caret below the place, as two lines; '' where it is about no line. */
export function excerpt(problem: unknown): string {
  if (problem instanceof InInput) return pointAt(placeOf(problem.problem), problem.input)
  const place = placeOf(problem)
  if (place?.file === undefined || place.line === undefined) return ''
  try {
    return pointAt(place, readRegularFile(place.file))
  } catch {
    return '' // it named what is no file, or it went away
  }
}

function placeOf(problem: unknown): Place | undefined {
  return problem instanceof LwaftrError
    ? problem
    : problem instanceof Refused
      ? problem.details.place
      : undefined
}

/** Of a pipe nothing is left, and to wait for more would be for ever. */
function readRegularFile(file: string): Buffer {
  const descriptor = openSync(file, 'r')
  try {
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Characters shown on either side of the place. */
const AROUND = 60
const NEWLINE = 10

function pointAt({ line, column = 1 }: Place = {}, input: Buffer): string {
  if (line === undefined) return ''
  let start = 0
  for (let number = 1; number < line; number++) {
    const end = input.indexOf(NEWLINE, start)
    if (end < 0) return ''
    start = end + 1
  }
  const end = input.indexOf(NEWLINE, start)
  const bytes = input.subarray(start, end < 0 ? undefined : end)
  const before = shown(bytes.subarray(0, column - 1)).slice(-AROUND)
  const after = shown(bytes.subarray(column - 1)).slice(0, AROUND)
  return `${`  ${before}${after}`.trimEnd()}\n  ${' '.repeat(before.length)}^\n`
}

/** Nobody's input commands a terminal. */
function shown(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replaceAll('\t', '    ')
    .replace(/\p{Cc}/gu, ' ')
}
