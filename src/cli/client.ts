// A running relay as commands see it: RESTCONF over its control socket, or over --url.
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { readBytes } from '../config-server/configuration-file.js'
import { error } from '../errors.js'
import { CONTROL_SOCKET, directoryOf, isRunning, runningRelays } from '../registry.js'
import { type Place, Refused } from './failure.js'

export interface ConnectionOptions {
  readonly name?: string
  readonly url?: URL
  readonly user?: string
  readonly token?: string
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
}

/** A command that talks to a running relay, with the options that say to which. */
export function clientCommand(name: string): Command {
  return new Command(name)
    .addOption(new Option('--name <name>', 'relay on this machine; default: the only one running'))
    .addOption(
      new Option('--url <url>', 'relay elsewhere: where its config server listens').argParser(parseUrl),
    )
    .addOption(new Option('--user <name:password>', 'basic authentication, with --url'))
    .addOption(new Option('--token <token>', 'bearer token, with --url'))
    .addOption(
      new Option('--cacert <file>', 'authority that must have signed the server’s certificate (PEM)'),
    )
    .addOption(new Option('--cert <file>', 'our certificate (PEM)'))
    .addOption(new Option('--key <file>', 'its key (PEM)'))
}

export interface Message {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Where the body came from, for errors that name a line. */
  readonly file?: string | undefined
}

export class Client {
  readonly #options: RequestOptions
  readonly #secure: boolean
  readonly #prefix: string

  constructor(options: RequestOptions, secure: boolean, prefix = '') {
    this.#options = options
    this.#secure = secure
    this.#prefix = prefix
  }

  /** The answer, once its headers are here. Throws Refused unless it is a success. */
  async request(method: string, message: Message): Promise<IncomingMessage> {
    const { path, headers = {}, body = '' } = message
    const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) }
    const options: RequestOptions = {
      ...this.#options,
      method,
      path: this.#prefix + path,
      headers: { ...this.#options.headers, ...length, ...headers },
    }
    const request = this.#secure ? httpsRequest(options) : httpRequest(options)
    request.end(body)
    const [response] = (await once(request, 'response').catch((cause: NodeJS.ErrnoException) => {
      throw new Refused(`cannot reach the relay: ${cause.message || cause.code}`, { cause })
    })) as [IncomingMessage]
    if ((response.statusCode ?? 500) >= 400) throw refusal(response, await text(response), message.file)
    const { 'content-type': type = 'something' } = response.headers
    if (headers.accept !== undefined && response.statusCode === 200 && type !== headers.accept) {
      response.destroy()
      throw new Refused(`what answers at ${this.#where} is no relay: it sent ${type}`)
    }
    return response
  }

  get #where(): string {
    const { socketPath, host, port } = this.#options
    return socketPath ?? `${host} port ${port || (this.#secure ? 443 : 80)}`
  }

  /** Copies the answer to the terminal or wherever stdout goes, at its speed. */
  async print(message: Message): Promise<void> {
    const response = await this.request('GET', message)
    await pipeline(pieces(response), process.stdout, { end: false })
  }
}

/** Finds the relay that the options mean. */
export async function connect(options: ConnectionOptions): Promise<Client> {
  const { url, user, token, cacert, cert, key } = options
  if (!url) return new Client({ socketPath: await controlSocket(options.name), host: 'localhost' }, false)
  const authorization = token ? `Bearer ${token}` : user && `Basic ${Buffer.from(user).toString('base64')}`
  const [ca, certificate, privateKey] = await Promise.all(
    [cacert, cert, key].map((file) => (file === undefined ? undefined : readBytes(file))),
  )
  const tls = {
    ...(ca ? { ca } : {}),
    ...(certificate ? { cert: certificate } : {}),
    ...(privateKey ? { key: privateKey } : {}),
  }
  const headers = authorization ? { authorization } : {}
  // An IPv6 address has brackets in a URL only.
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const prefix = url.pathname.replace(/(\/restconf)?\/*$/, '')
  return new Client({ host, port: url.port, headers, ...tls }, url.protocol === 'https:', prefix)
}

async function controlSocket(name: string | undefined): Promise<string> {
  if (name !== undefined && !(await isRunning(name)))
    throw error('not-running', { name, hint: others(await runningRelays()) })
  const running = name === undefined ? await runningRelays() : [name]
  const [only, ...more] = running
  if (only === undefined)
    throw error('not-running', { name: 'on this machine', hint: '; start one with lwaftr run' })
  if (more.length > 0) throw error('several-running', { names: running.join(', ') })
  return join(directoryOf(only), CONTROL_SOCKET)
}

function others(running: readonly string[]): string {
  return running.length > 0 ? `; running: ${running.join(', ')}` : ''
}

/** An answer as it comes. Throws Refused where it ends too early. */
export async function* pieces(response: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const piece of response) yield piece as Buffer
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ECONNRESET'
      ? new Refused('the relay broke off its answer', { cause })
      : cause
  }
}

/** The same when it is complete. */
export async function text(response: Readable): Promise<string> {
  const all: Buffer[] = []
  for await (const piece of pieces(response)) all.push(piece)
  return Buffer.concat(all).toString()
}

interface ErrorEntry {
  readonly 'error-message'?: string
  readonly 'error-path'?: string
  readonly 'error-tag'?: string
  readonly 'error-info'?: { readonly 'lwaftr:line'?: number; readonly 'lwaftr:column'?: number }
}

interface Errors {
  readonly 'ietf-restconf:errors'?: { readonly error?: readonly ErrorEntry[] }
  readonly 'ietf-yang-patch:yang-patch-status'?: {
    readonly errors?: { readonly error?: readonly ErrorEntry[] }
    readonly 'edit-status'?: {
      readonly edit?: readonly { readonly errors?: { readonly error?: readonly ErrorEntry[] } }[]
    }
  }
}

function refusal(response: IncomingMessage, body: string, file: string | undefined): Refused {
  const status = response.statusCode
  const plain = `the relay answered ${status} ${response.statusMessage}`
  try {
    const errors = JSON.parse(body) as Errors
    const patch = errors['ietf-yang-patch:yang-patch-status']
    const entry =
      errors['ietf-restconf:errors']?.error?.[0] ??
      patch?.errors?.error?.[0] ??
      patch?.['edit-status']?.edit?.find((edit) => edit.errors)?.errors?.error?.[0]
    if (entry === undefined) return new Refused(plain, { status })
    return new Refused(describe(entry, file), { status, place: placeOf(entry, file) })
  } catch {
    return new Refused(plain, { status })
  }
}

/** `file:line:column: message (path)`. */
function describe(entry: ErrorEntry, file: string | undefined): string {
  const message = entry['error-message'] ?? entry['error-tag'] ?? 'refused'
  const path = entry['error-path']
  const { line, column } = placeOf(entry, file)
  const where = [file, line, column].filter((part) => part !== undefined).join(':')
  return `${where && `${where}: `}${message}${path && !message.includes(path) ? ` (${path})` : ''}`
}

function placeOf({ 'error-info': info }: ErrorEntry, file: string | undefined): Place {
  return { file, line: info?.['lwaftr:line'], column: info?.['lwaftr:column'] }
}

function parseUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new InvalidArgumentError('It is not an http or https URL.')
  return url
}
