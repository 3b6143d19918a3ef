// What the doctor says of one thing.

/**
 * ok: as it should be. advice: it works, but not as well as it could. problem: packets are lost, or the relay does not
 * start.
 */
export type Level = 'ok' | 'advice' | 'problem'

export interface Finding {
  readonly level: Level
  /** What was looked at: `kernel`, `CPU`, `eth1`. */
  readonly subject: string
  readonly message: string
  /** A command, or a line of a file, that mends it. */
  readonly remedy?: string
}

/** Findings about one subject. */
export function about(subject: string) {
  return {
    ok: (message: string): Finding => ({ level: 'ok', subject, message }),
    advice: (message: string, remedy?: string) => finding('advice', subject, message, remedy),
    problem: (message: string, remedy?: string) => finding('problem', subject, message, remedy),
  }
}

function finding(level: Level, subject: string, message: string, remedy: string | undefined): Finding {
  return { level, subject, message, ...(remedy === undefined ? {} : { remedy }) }
}
