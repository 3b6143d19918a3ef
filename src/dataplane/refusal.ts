// What a worker could not do, in the words of the errors that operators know.
import { error, LwaftrError } from '../errors.js'
import type { Failure } from './control.js'
import { WorkerFailure } from './worker.js'

/** A worker's refusal as an operator reads it. */
export function refusal(problem: unknown): LwaftrError {
  if (problem instanceof LwaftrError) return problem
  if (!(problem instanceof Error))
    return error('data-plane', { problem: String(problem) }, { cause: problem })
  const { device, message, code }: Failure = problem instanceof WorkerFailure ? problem.failure : problem
  if (device !== undefined) return error('device', { device, problem: message }, { cause: problem })
  if (code === 'ENOSPC' || code === 'ENOMEM')
    return error('no-memory', { what: 'the queues', problem: message }, { cause: problem })
  return error('data-plane', { problem: message }, { cause: problem })
}
