/**
 * XML as elements: well-formed, namespaces resolved, no document type, so that no entity makes a small document large or
 * a file's contents a value.
 */
import { isUtf8 } from 'node:buffer'
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes'
import { error, LwaftrError } from '../errors.js'
import type { JsonValue } from './json-types.js'

export interface XmlElement {
  readonly name: string
  readonly namespace: string
  readonly parent: XmlElement | undefined
  children: XmlElement[]
  /** Character data, CDATA too, without that of its children. */
  text: string
  /** What `fold` made of it in place of its children. */
  value?: JsonValue
  /** Namespaces that it declares, by prefix. */
  readonly declared: Readonly<Record<string, string>>
  /** Counted from 1, where its start tag ends. */
  readonly line: number
}

export interface XmlOptions {
  readonly file?: string | undefined
  /** Takes any number of elements, as a file of the datastore's top-level nodes has them. */
  readonly fragment?: boolean
  /** Asked as each element ends; what it answers is kept in place of the children. There may be millions. */
  readonly fold?: (element: XmlElement) => JsonValue | undefined
}

/** Deeper than any model; a document that goes on deeper is an attack on somebody's stack. */
const DEEPEST = 100

/** Throws LwaftrError with line and column. */
export function parseXml(source: Buffer, { file, fragment = false, fold }: XmlOptions = {}): XmlElement[] {
  if (!isUtf8(source)) throw error('syntax', { problem: 'this is not UTF-8 text' }, { file })
  const parser = new SaxesParser({ xmlns: true, position: true, fragment })
  const place = () => ({ file, line: parser.line, column: parser.column + 1 })
  const refuse = (problem: string) => error('syntax', { problem }, place())
  const roots: XmlElement[] = []
  const open: XmlElement[] = []

  const enter = (tag: SaxesTagNS) => {
    if (open.length === DEEPEST) throw error('too-deep', { limit: DEEPEST }, place())
    for (const attribute of Object.values(tag.attributes) as SaxesAttributeNS[])
      if (attribute.uri !== XMLNS)
        throw error('unknown-attribute', { name: attribute.name, element: tag.name }, place())
    const parent = open.at(-1)
    const element = {
      name: tag.local,
      namespace: tag.uri,
      parent,
      children: [],
      text: '',
      declared: { ...tag.ns },
      line: parser.line,
    }
    ;(parent?.children ?? roots).push(element)
    open.push(element)
  }
  const leave = () => {
    const element = open.pop()
    const value = element && fold?.(element)
    if (!element || value === undefined) return
    element.value = value
    element.children = []
    element.text = ''
  }
  const add = (text: string) => {
    const element = open.at(-1)
    if (element) element.text += text
    else if (text.trim() !== '') throw refuse('there is text outside of all elements')
  }
  parser.on('opentag', enter)
  parser.on('closetag', leave)
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('doctype', () => {
    throw refuse(DOCTYPE)
  })
  parser.on('xmldecl', ({ encoding = 'utf-8' }) => {
    if (!/^utf-?8$/i.test(encoding)) throw refuse(`encoding ${encoding} is not understood; send UTF-8`)
  })
  try {
    const text = source.toString()
    // saxes sees a declaration at the top of a document only.
    parser.write(fragment ? text.replace(DECLARATION, (all) => all.replace(/\S/g, ' ')) : text).close()
  } catch (problem) {
    if (problem instanceof LwaftrError) throw problem
    const reason = (problem as Error).message.replace(/^\d+:\d+: |\.$/g, '')
    throw refuse(/doctype/.test(reason) ? DOCTYPE : `this is not XML: ${reason}`)
  }
  return roots
}

const DOCTYPE = 'a document type or entity is not allowed'
const XMLNS = 'http://www.w3.org/2000/xmlns/'
const DECLARATION = /^\uFEFF?<\?xml\s[^>]*\?>/

/** The namespace that a prefix has at the element; undefined when it has none. */
export function namespaceOf(element: XmlElement, prefix: string): string | undefined {
  for (let at: XmlElement | undefined = element; at; at = at.parent) {
    const namespace = at.declared[prefix]
    if (namespace !== undefined) return namespace
  }
  return undefined
}
