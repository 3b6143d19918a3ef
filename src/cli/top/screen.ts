// A terminal as a screen of lines: drawn over in place, in one write, and given back as it was however the program ends.
import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Line, Size, Style } from './frame.js'
import type { Key } from './view.js'

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l' // another page, no cursor, no wrapping
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const PLAIN = '\x1b[0m'

const STYLES: Readonly<Record<Style, string>> = { head: '\x1b[7m', alarm: '\x1b[31;1m', dim: '\x1b[2m' }
/** For NO_COLOR: emphasis is none. */
const COLOURLESS: Readonly<Record<Style, string>> = { head: '\x1b[7m', alarm: '\x1b[1m', dim: '' }

/** Signals that end us. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface ScreenEvents {
  readonly onKey: (key: Key) => void
  /** The size changed, or somebody came back to it: draw again. */
  readonly onRedraw: () => void
}

export class Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #styles: Readonly<Record<Style, string>>

  constructor(input: ReadStream, output: WriteStream, environment: NodeJS.ProcessEnv) {
    this.#input = input
    this.#output = output
    this.#styles = environment.NO_COLOR ? COLOURLESS : STYLES
  }

  get size(): Size {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 }
  }

  open({ onKey, onRedraw }: ScreenEvents): void {
    emitKeypressEvents(this.#input)
    this.#input.on('keypress', (_text: string | undefined, key: Key) => {
      // Raw mode makes it a key like any other.
      if (key.ctrl && key.name === 'z') this.#suspend()
      else onKey(key)
    })
    this.#input.on('end', () => onKey({ name: 'q' }))
    this.#output.on('resize', onRedraw)
    process.on('SIGCONT', () => {
      this.#enter()
      onRedraw()
    })
    process.on('exit', () => this.close())
    for (const signal of ENDINGS)
      process.once(signal, () => {
        this.close()
        // By the same signal, so that whoever started us sees what ended us.
        process.kill(process.pid, signal)
      })
    this.#enter()
  }

  /** As many lines as it has rows, each as long as it has columns: they cover what was there. */
  draw(lines: readonly Line[]): void {
    const rows = lines.map(({ text, style }) =>
      style === undefined ? text : `${this.#styles[style]}${text}${PLAIN}`,
    )
    this.#output.write(HOME + rows.join('\r\n'))
  }

  close(): void {
    if (!this.#input.isRaw) return
    this.#input.setRawMode(false)
    this.#input.pause()
    this.#output.write(LEAVE)
  }

  #enter(): void {
    this.#input.setRawMode(true)
    this.#input.resume()
    this.#output.write(ENTER)
  }

  #suspend(): void {
    this.close()
    process.kill(process.pid, 'SIGTSTP')
  }
}
