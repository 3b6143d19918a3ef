// The audit log: one line of JSON for each change, failed login and denied access. It says who, from where and what,
// and never a secret: no header, no body, no query.
import { closeSync, openSync, writeSync } from 'node:fs'
import { error } from '../../errors.js'

export interface AuditEntry {
  readonly event: 'change' | 'login-failed' | 'denied'
  readonly user: string
  /** Address; undefined for what nobody asked from outside. */
  readonly from: string | undefined
  /** What was asked: method and path of a request, or what a change did. */
  readonly what: string
  /** Of a change. */
  readonly revision?: number
  readonly via?: string
}

export type Audit = (entry: AuditEntry) => void

/** Answers the line, its line break included. */
export function auditLine({ event, user, from, what, ...more }: AuditEntry, time = new Date()): string {
  return `${JSON.stringify({ time: time.toISOString(), event, user, from, what, ...more })}\n`
}

/** A file that is only ever appended to. */
export class AuditFile {
  readonly #path: string
  readonly #complain: (problem: unknown) => void
  #file: number

  /** Throws LwaftrError when it cannot be opened. */
  constructor(path: string, complain: (problem: unknown) => void) {
    this.#path = path
    this.#complain = complain
    this.#file = this.#open()
  }

  readonly write: Audit = (entry) => {
    // At once, so that no crash loses it; a line is small and goes no farther than the page cache.
    try {
      writeSync(this.#file, auditLine(entry))
    } catch (problem) {
      // The change stands, and the disk may have room again.
      this.#complain(problem)
    }
  }

  /** For whoever has moved the file away. */
  reopen(): void {
    const fresh = this.#open()
    closeSync(this.#file)
    this.#file = fresh
  }

  close(): void {
    closeSync(this.#file)
  }

  #open(): number {
    try {
      return openSync(this.#path, 'a', 0o600)
    } catch (cause) {
      throw error('file', { file: this.#path, problem: (cause as Error).message }, { cause })
    }
  }
}
