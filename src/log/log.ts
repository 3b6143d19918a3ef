// What the relay says on stderr: lines for people, or one JSON object a line. How much of it is a matter of the
// configuration (lwaftr:config-server/log-level), live.
import pino, { type DestinationStream, type Logger } from 'pino'
import { Repeats } from './repeats.js'

export const LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type Level = (typeof LEVELS)[number]

/** `fields` are what a line is about, never secrets: they are told apart from the message where lines are JSON. */
export type Log = (
  level: Level,
  message: string,
  fields?: Readonly<Record<string, string | number | undefined>>,
) => void

export interface Logging {
  readonly log: Log
  /** Says an entry of the audit log, whatever the level. */
  readonly audit: (entry: object) => void
  setLevel(level: Level): void
}

export interface LoggingOptions {
  /** Of the relay. */
  readonly name: string
  readonly format: LogFormat
  /** Default: stderr, at once. */
  readonly destination?: DestinationStream
  /** Milliseconds by a clock that nobody sets. */
  readonly now?: () => number
}

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export function openLog(options: LoggingOptions): Logging {
  const { name, format, now = () => performance.now() } = options
  const out = options.destination ?? { write: (line) => process.stderr.write(line) }
  const lines = format === 'json' ? out : { write: (line: string) => out.write(textLine(line)) }
  const logger = makeLogger(name, lines)
  // A child would take over the level.
  const always = makeLogger(name, lines)
  const repeats = new Repeats()

  return {
    log(level, message, fields = {}) {
      if (!logger.isLevelEnabled(level)) return
      // Whoever asks for everything gets it.
      const note = level === 'debug' ? '' : repeats.note(message, now())
      if (note !== null) logger[level](fields, note === '' ? message : `${message} (${note})`)
    },
    audit: (entry) => always.info({ audit: entry }, 'audit'),
    setLevel(level) {
      logger.level = level
    },
  }
}

function makeLogger(name: string, destination: DestinationStream): Logger {
  return pino(
    {
      level: 'info',
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

interface Line {
  readonly level: Level
  readonly msg: string
  readonly name: string
  readonly time: string
  readonly audit?: object
}

/** As people read it: the time is the terminal's or the journal's business, and so is which relay it is. */
function textLine(json: string): string {
  const { level, msg, name, time, audit, ...fields } = JSON.parse(json) as Line
  if (audit !== undefined) return `lwaftr: audit: ${JSON.stringify({ time, ...audit })}\n`
  const details = Object.entries(fields).map(([field, value]) => ` ${field}=${value}`)
  return `lwaftr: ${level === 'info' ? '' : `${level}: `}${msg}${details.join('')}\n`
}
