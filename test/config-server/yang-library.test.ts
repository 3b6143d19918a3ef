// The modules of the server: described truly, and to be had.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { describeLibrary } from '../../src/schema/library.js'
import { build } from './helper.js'

const LIBRARY = '/restconf/data/ietf-yang-library:yang-library'
const STATE = '/restconf/data/ietf-yang-library:modules-state'
const skip = existsSync('/usr/bin/yanglint') ? false : 'yanglint is not installed'

interface Module {
  name: string
  revision: string
  location: string[]
  submodule?: Module[]
}

async function library(send: Awaited<ReturnType<typeof build>>['send']) {
  const answer = await send('GET', LIBRARY, undefined, { host: 'relay.example:8080' })
  t.equal(answer.statusCode, 200, answer.body)
  const body = answer.json()['ietf-yang-library:yang-library']
  const [set] = body['module-set']
  return { answer, body, modules: set.module as Module[], imported: set['import-only-module'] as Module[] }
}

t.test('the library names what is implemented, what is imported only, and submodules', async (t) => {
  const { send } = await build(t)
  const { body, modules, imported } = await library(send)
  const lwaftr = modules.find(({ name }) => name === 'lwaftr')
  t.match(lwaftr, {
    namespace: 'urn:lwaftr',
    location: [`http://relay.example:8080/restconf/modules/lwaftr@${lwaftr?.revision}.yang`],
  })
  t.ok(lwaftr?.submodule?.some(({ name }) => name === 'lwaftr-counters'))
  for (const name of ['snabb-softwire-v3', 'ietf-yang-library', 'ietf-restconf-monitoring', 'ietf-origin'])
    t.ok(
      modules.some((module) => module.name === name),
      `${name} is implemented`,
    )
  for (const name of ['ietf-inet-types', 'ietf-yang-types'])
    t.ok(
      imported.some((module) => module.name === name),
      `${name} is imported only`,
    )
  t.match(body.datastore, [{ name: 'ietf-datastores:running', schema: body.schema[0].name }])
})

t.test('the deprecated list says the same', async (t) => {
  const { send } = await build(t)
  const { modules, imported } = await library(send)
  const answer = await send('GET', STATE)
  const state = answer.json()['ietf-yang-library:modules-state']
  const names = (type: string) =>
    state.module
      .filter((module: { 'conformance-type': string }) => module['conformance-type'] === type)
      .map(({ name }: { name: string }) => name)
  t.same(
    names('implement'),
    modules.map(({ name }) => name),
  )
  t.same(
    names('import'),
    imported.map(({ name }) => name),
  )
  t.match(state['module-set-id'], /^[0-9a-f]{16}$/)
})

t.test('the content-id changes with the content, and with nothing else', async (t) => {
  const id = (datastores: string[], base: string) => {
    const tree = describeLibrary(datastores, (name) => `${base}/${name}`)
    return (tree['ietf-yang-library:yang-library'] as { 'content-id': string })['content-id']
  }
  const before = id(['ietf-datastores:running'], 'http://a')
  t.match(before, /^[0-9a-f]{16}$/)
  t.equal(id(['ietf-datastores:running'], 'http://b'), before, 'who asks does not matter')
  t.not(id(['ietf-datastores:running', 'ietf-datastores:startup'], 'http://a'), before)
})

t.test('every location answers with that module', async (t) => {
  const { send } = await build(t)
  const { modules, imported } = await library(send)
  const everything = [...modules, ...imported].flatMap((module) => [module, ...(module.submodule ?? [])])
  for (const { name, revision, location } of everything) {
    const { pathname } = new URL(location[0] as string)
    t.equal(pathname, `/restconf/modules/${name}@${revision}.yang`)
    const answer = await send('GET', pathname, undefined, { accept: 'application/yang' })
    t.equal(answer.headers['content-type'], 'application/yang')
    t.match(answer.body, new RegExp(`^(sub)?module ${name} \\{`))
    t.match(answer.body, `revision ${revision}`)
  }
})

t.test(
  'yanglint takes the downloaded modules for the whole library, and answers for data of them',
  { skip },
  async (t) => {
    const { send } = await build(t)
    const { answer, modules, imported } = await library(send)
    const directory = mkdtempSync(join(tmpdir(), 'lwaftr-modules-'))
    t.teardown(() => rmSync(directory, { recursive: true }))
    for (const { name, revision } of [...modules, ...imported].flatMap((m) => [m, ...(m.submodule ?? [])])) {
      const { body } = await send('GET', `/restconf/modules/${name}@${revision}.yang`)
      writeFileSync(join(directory, `${name}@${revision}.yang`), body)
    }
    const yanglint = (...options: string[]) =>
      execFileSync('yanglint', ['-p', directory, '-Y', join(directory, 'library.xml'), ...options], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
    const xml = async (url: string) =>
      (await send('GET', url, undefined, { accept: 'application/yang-data+xml' })).body
    writeFileSync(join(directory, 'library.xml'), (await xml(LIBRARY)) + (await xml(STATE)))
    writeFileSync(join(directory, 'library.json'), answer.body)
    t.equal(yanglint('-t', 'get', join(directory, 'library.json')), '')
    t.equal(yanglint('-t', 'get', join(directory, 'library.xml')), '')
    const whole = await send('GET', '/restconf/data?content=config')
    const config = JSON.stringify(whole.json()['ietf-restconf:data'])
    writeFileSync(join(directory, 'config.json'), config)
    t.equal(yanglint('-t', 'config', join(directory, 'config.json')), '')
  },
)

for (const path of [
  'lwaftr@2001-01-01.yang',
  'no-such-module.yang',
  'lwaftr',
  'lwaftr.yin',
  '..%2Flwaftr.yang',
  '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'lwaftr.yang%00',
  'lwaftr@2026-11-23@2026-11-23.yang',
])
  t.test(`${path} is no module`, async (t) => {
    const { send } = await build(t, null)
    const answer = await send('GET', `/restconf/modules/${path}`)
    t.equal(answer.statusCode, 404, answer.body)
    t.match(answer.json(), { 'ietf-restconf:errors': { error: [{ 'error-tag': 'invalid-value' }] } })
  })

t.test('a module by its name alone is the one in force', async (t) => {
  const { send } = await build(t, null)
  t.match((await send('GET', '/restconf/modules/lwaftr.yang')).body, /^module lwaftr \{/)
  t.equal((await send('HEAD', '/restconf/modules/lwaftr.yang')).body, '')
  t.equal((await send('PUT', '/restconf/modules/lwaftr.yang', '')).statusCode, 405)
  const html = await send('GET', '/restconf/modules/lwaftr.yang', undefined, { accept: 'text/html' })
  t.equal(html.statusCode, 406)
})
