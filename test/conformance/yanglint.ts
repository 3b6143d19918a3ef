// Data that the server answered, held against the model by yanglint: another program, which knows nothing of ours.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { root } from '../../src/root.js'
import { type DataPath, parseApiPath } from '../../src/schema/paths.js'
import { memberName, type SchemaNode } from '../../src/schema/schema.js'
import { schema } from '../config-server/helper.js'
import { DATA, JSON_DATA, type Row, XML_DATA } from './cases/suite.js'
import type { Answer } from './server.js'

export class Documents {
  readonly #json: string[] = []
  readonly #xml: string[] = []

  /** Takes the answer, if it is data, as a document from the top: what is above it has its keys only. */
  add({ request }: Row, { status, headers, body }: Answer): void {
    const [method, url = ''] = request.split(' ')
    if (method !== 'GET' || status !== 200 || !url.startsWith(DATA)) return
    const apiPath = url.replace(/\?.*/, '').slice(DATA.length + 1)
    const path = apiPath === '' ? { steps: [] } : parseApiPath(schema, apiPath)
    if (headers['content-type'] === JSON_DATA)
      this.#json.push(JSON.stringify(fromTop(path, JSON.parse(body))))
    // What is empty is no file to yanglint.
    const xml = headers['content-type'] === XML_DATA ? xmlFromTop(path, body) : ''
    if (xml !== '') this.#xml.push(xml)
  }

  check(t: Test): void {
    const directory = mkdtempSync(join(tmpdir(), 'lwaftr-yanglint-'))
    t.teardown(() => rmSync(directory, { recursive: true }))
    for (const [format, documents] of [
      ['json', this.#json],
      ['xml', this.#xml],
    ] as const) {
      t.ok(documents.length > 50, `${documents.length} documents of ${format}`)
      const files = documents.map((document, i) => {
        const file = join(directory, `${i}.${format}`)
        writeFileSync(file, document)
        return file
      })
      const { status, stdout, stderr } = yanglint(files)
      if (status !== 0) t.comment(stderr)
      t.equal(status, 0, stderr || stdout)
    }
    t.end()
  }
}

/** Parts of a tree need not be complete, which is what `get` means here; types, names and keys are checked. */
export function yanglint(files: readonly string[]) {
  const ours = readdirSync(join(root, 'yang')).filter((file) => schema.modules.has(file.replace('.yang', '')))
  const modules = [
    ...ours.map((file) => join(root, 'yang', file)),
    join(root, 'test/conformance/yang/ietf-netconf-with-defaults.yang'),
  ]
  const search = ['-p', join(root, 'yang')]
  return spawnSync('yanglint', ['-y', ...search, '-t', 'get', ...modules, ...files], { encoding: 'utf8' })
}

type Json = Record<string, unknown>

function fromTop({ steps }: DataPath, document: Json): Json {
  if (steps.length === 0) return document['ietf-restconf:data'] as Json
  const own = steps.at(-1)?.node as SchemaNode
  let inner: Json = {}
  for (const [name, value] of Object.entries(document)) {
    // A name has its module where that is not the parent's (RFC 7951 s4).
    const mark = name.startsWith('@') ? '@' : ''
    inner[steps.length === 1 ? name : mark + memberName(own)] = value
  }
  for (const [i, { node, keys }] of [...steps.entries()].slice(0, -1).reverse()) {
    const name = i === 0 ? `${node.module}:${node.name}` : memberName(node)
    const named = Object.fromEntries(node.keys.map((key, k) => [key, keyValue(node, key, keys[k] ?? '')]))
    inner = { [name]: node.kind === 'list' ? [{ ...named, ...inner }] : inner }
  }
  return inner
}

function keyValue(list: SchemaNode, key: string, text: string): string | number {
  return /^u?int(8|16|32)$/.test(list.children.get(key)?.type?.base ?? '') ? Number(text) : text
}

function xmlFromTop({ steps }: DataPath, document: string): string {
  if (steps.length === 0) return document.replace(/^<data [^>]*>|<\/data>$/g, '')
  return steps.slice(0, -1).reduceRight((inner, { node, keys }) => {
    const named =
      node.kind === 'list'
        ? node.keys.map((key, k) => `<${key}>${escapeXml(keys[k] ?? '')}</${key}>`).join('')
        : ''
    return `<${node.name} xmlns="${schema.modules.get(node.module)?.namespace}">${named}${inner}</${node.name}>`
  }, document)
}

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (char) => `&#${char.charCodeAt(0)};`)
}
