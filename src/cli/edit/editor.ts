// Somebody at a terminal: their editor, and questions that one key answers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Refused } from '../failure.js'

/** Runs the editor on the file until it ends. VISUAL and EDITOR may have arguments, as git takes them. */
export async function runEditor(file: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const editor = environment.VISUAL || environment.EDITOR || 'vi'
  const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Refused(`${editor} ended with ${code ?? 'a signal'}; nothing was changed`)
}

export interface Person {
  /** Whether anybody is there to answer. */
  readonly isThere: boolean
  tell(text: string): void
  /** The key of one of the choices; the last where nobody answers. */
  choose<K extends string>(question: string, choices: Readonly<Record<K, string>>): Promise<K>
  ask(question: string): Promise<string>
}

export function personAt(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Person {
  const isThere = input.isTTY && output.isTTY
  const ask = async (question: string): Promise<string> => {
    const lines = createInterface({ input, output })
    const closed = once(lines, 'close').then(() => '')
    const answer = await Promise.race([lines.question(question), closed])
    lines.close()
    return answer.trim()
  }
  return {
    isThere,
    ask,
    tell: (text) => output.write(text),
    async choose(question, choices) {
      const keys = Object.keys(choices) as (keyof typeof choices)[]
      const last = keys.at(-1) as keyof typeof choices
      const offered = keys.map((key) => `[${key}] ${choices[key]}`).join(', ')
      for (;;) {
        const answer = await ask(`${question} ${offered}: `)
        const key = keys.find((one) => answer.toLowerCase() === one)
        if (key !== undefined) return key
        if (answer === '') return last
      }
    },
  }
}
