// A resource and what can be done with it: every other method is answered with 405 and what is allowed.
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { error } from '../errors.js'

export type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown
export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Whether any resource takes the method. */
export function isKnownMethod(method: string): boolean {
  return METHODS.includes(method)
}

/** HEAD is GET, whose handler leaves the body out; OPTIONS answers Allow unless it is given. */
export function resource(
  app: FastifyInstance,
  url: string,
  handlers: Partial<Record<Method, Handler>>,
): void {
  const { GET } = handlers
  const all: Partial<Record<HTTPMethods, Handler>> = { ...(GET ? { HEAD: GET } : {}), ...handlers }
  const allow = [...new Set([...Object.keys(all), 'OPTIONS'])].join(', ')
  all.OPTIONS ??= (_, reply) => reply.header('allow', allow).code(204).send()
  app.all(url, (request, reply) => {
    const handler = all[request.method as HTTPMethods]
    if (!handler) throw notAllowed(request, reply, allow)
    return handler(request, reply)
  })
}

/** 405, with the Allow header that RFC 9110 s15.5.6 asks for. */
export function notAllowed(request: FastifyRequest, reply: FastifyReply, allow: string): Error {
  reply.header('allow', allow)
  return error('method-not-allowed', { method: request.method, path: pathOf(request) })
}

/** Sends text as bytes, since Fastify adds a charset to text, which YANG's media types do not have (RFC 8040 s11.3). */
export function send(reply: FastifyReply, type: string, body: string | Readable): FastifyReply {
  return reply.header('content-type', type).send(typeof body === 'string' ? Buffer.from(body) : body)
}

/** The URL's path as it was sent: percent-encoding tells a comma inside a key from one between keys. */
export function pathOf(request: FastifyRequest): string {
  return split(request)[0]
}

/** The URL's query, without its question mark. */
export function queryOf(request: FastifyRequest): string {
  return split(request)[1]
}

function split(request: FastifyRequest): [string, string] {
  const url = request.raw.url ?? ''
  const mark = url.indexOf('?')
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}

/** What absolute URLs of ours begin with: clients of RFC 8040 expect them. The control socket's have no host in mind. */
export function baseOf(request: FastifyRequest): string {
  const { host } = request.headers
  return host ? `${request.protocol}://${host}` : ''
}
