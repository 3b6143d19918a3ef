// No page of the documentation leads nowhere, and the index leads to all of them.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { marked } from 'marked'
import t from 'tap'
import { root } from '../../src/root.js'

const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name))
const pages = ['README.md', 'bench/README.md', ...docs]

/** Files of this repository that a page links to, from its root. */
function linksOf(page: string): string[] {
  const links: string[] = []
  marked.walkTokens(marked.lexer(readFileSync(join(root, page), 'utf8')), (token) => {
    if (token.type === 'link' && !/^[a-z]+:|^#/.test(token.href)) links.push(token.href.replace(/#.*/, ''))
  })
  return links.map((href) => normalize(join(dirname(page), href)))
}

t.test('every link leads to a file', async (t) => {
  for (const page of pages)
    t.same(
      linksOf(page).filter((file) => !existsSync(join(root, file))),
      [],
      page,
    )
})

t.test('the index leads to every page', async (t) => {
  const indexed = new Set([
    ...linksOf('docs/README.md'),
    ...linksOf('docs/decisions/README.md'),
    'docs/README.md',
  ])
  t.same(
    docs.filter((page) => !indexed.has(page)),
    [],
  )
})
