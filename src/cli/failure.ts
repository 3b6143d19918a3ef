// What a command says when it fails: one line, unless it is a bug.
import { LwaftrError } from '../errors.js'

/** An answer of the relay that says no, in its words. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

export function describeFailure(problem: unknown): string {
  if (problem instanceof LwaftrError) return problem.describe()
  if (problem instanceof Refused) return problem.message
  if (!(problem instanceof Error)) return String(problem)
  // The system's own errors are an operator's business; others are ours.
  if ('code' in problem && 'syscall' in problem) return problem.message
  return `internal error: ${problem.stack ?? problem.message}`
}
