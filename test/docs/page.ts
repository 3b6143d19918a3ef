// A page of the documentation as what a reader would type, in order. How a page says so:
//
//   ```sh                     commands, typed one block after another into one shell
//   ```text                   right after them: what they print; … stands for anything, alone on a line for any lines
//   <!-- a relay runs -->     with the configuration of the README, on eth1, with a router behind it
//   <!-- setup … -->          commands that make the reader's machine: a link eth1, a router behind it
//   <!-- not run: REASON -->  the next block cannot be run here
//   <!-- refused -->          the next block's last command is refused
//   <!-- goes on -->          the next block's last command does not end by itself
//   <!-- long -->             the whole page takes long
import { marked, type Token } from 'marked'

export interface Block {
  readonly commands: string
  /** Lines to be printed, in this order; others may come between. */
  readonly expected: readonly string[]
  /** Why it is not run. */
  readonly notRun?: string
  readonly end: End
}

/** How a block ends: well, refused, or only when it is interrupted. */
export type End = 'well' | 'refused' | 'goes on'

export interface Page {
  readonly blocks: readonly Block[]
  readonly long: boolean
  /** Commands that stand in the text as code without being blocks to run. */
  readonly strays: readonly string[]
}

const RELAY = '. "$LWAFTR/test/docs/relay.sh"'

/** Programs of the reader's, by which code is known to be a command. */
const COMMAND = /^(?:\$ |bin\/lwaftr |lwaftr |npm |curl |ip |ping |sudo |systemctl |birdc |vtysh )/m

export function readPage(markdown: string): Page {
  const blocks: (Block & { expected: string[] })[] = []
  const strays: string[] = []
  let long = false
  let next: Pick<Block, 'notRun' | 'end'> = { end: 'well' }
  let last: (typeof blocks)[number] | undefined
  for (const token of flat(marked.lexer(markdown))) {
    if (token.type === 'space') continue
    const previous = last
    last = undefined
    if (token.type === 'html') {
      const [, comment = ''] = /^<!--\s*([\s\S]*?)\s*-->\s*$/.exec(token.raw) ?? []
      if (comment === 'long') long = true
      if (comment === 'a relay runs') blocks.push({ ...next, commands: RELAY, expected: [] })
      if (comment.startsWith('setup'))
        blocks.push({ ...next, commands: comment.slice('setup'.length), expected: [] })
      if (comment.startsWith('not run:')) next = { ...next, notRun: comment.slice('not run:'.length).trim() }
      if (comment === 'refused' || comment === 'goes on') next = { ...next, end: comment }
    } else if (token.type === 'code' && token.lang === 'sh') {
      last = { ...next, commands: token.text, expected: [] }
      next = { end: 'well' }
      blocks.push(last)
    } else if (token.type === 'code' && token.lang === 'text' && previous) {
      previous.expected.push(...token.text.split('\n'))
    } else if (token.type === 'code' && !token.lang && COMMAND.test(token.text)) {
      strays.push(token.text)
    }
  }
  return { blocks, long, strays }
}

/** Also those in list items. */
function flat(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) => {
    if (token.type === 'list') return flat(token.items)
    return token.type === 'list_item' || token.type === 'blockquote' ? flat(token.tokens ?? []) : [token]
  })
}

/** The first expected line that was not printed after those before it; undefined: all were. */
export function missingLine(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.split('\n').map((line) => line.trimEnd())
  let at = 0
  return expected.find((line) => {
    if (line.trim() === '' || line.trim() === '…') return false
    const pattern = new RegExp(`^${line.trimEnd().split('…').map(escaped).join('.*')}$`)
    const found = lines.findIndex((one, i) => i >= at && pattern.test(one))
    at = found + 1
    return found < 0
  })
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
