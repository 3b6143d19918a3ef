// What the configuration says of users, origins and limits (lwaftr:config-server, module lwaftr-access).
import type { JsonObject, JsonValue } from '../../schema/json-types.js'
import { isObject } from '../tree.js'

export interface User {
  readonly name: string
  readonly groups: readonly string[]
  readonly password: string | undefined
  readonly tokens: readonly { readonly hash: string; readonly expires: number }[]
  readonly certificateNames: readonly string[]
  readonly certificateFingerprints: readonly string[]
}

export interface AccessSettings {
  readonly users: ReadonlyMap<string, User>
  readonly origins: ReadonlySet<string>
  readonly connections: number
  /** Requests per second of one address; undefined: as many as it likes. */
  readonly requestRate: number | undefined
  /** Failed logins per minute of one address. */
  readonly failedLogins: number
}

/** Of a canonical configuration tree. */
export function accessSettings(tree: JsonObject): AccessSettings {
  const server = object(tree['lwaftr:config-server'])
  const limits = object(server.limits)
  return {
    users: new Map(objects(server.user).map((user) => [String(user.name), readUser(user)])),
    origins: new Set(strings(server['allowed-origin'])),
    connections: number(limits.connections) ?? 1024,
    requestRate: number(limits['request-rate']),
    failedLogins: number(limits['failed-logins']) ?? 10,
  }
}

function readUser(user: JsonObject): User {
  return {
    name: String(user.name),
    groups: strings(user.group),
    password: typeof user.password === 'string' ? user.password : undefined,
    tokens: objects(user.token).map(({ hash, expires }) => ({
      hash: String(hash),
      expires: typeof expires === 'string' ? Date.parse(expires) : Number.POSITIVE_INFINITY,
    })),
    certificateNames: strings(user['certificate-name']),
    certificateFingerprints: strings(user['certificate-fingerprint']),
  }
}

function object(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function number(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}
