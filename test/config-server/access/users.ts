// Users of the tests, who log in with tokens: those cost no time.
import { hashToken } from '../../../src/config-server/access/password.js'
import type { JsonObject } from '../../../src/schema/json-types.js'

export const tokenOf = (user: string) => `token-of-${user}`

export const bearer = (user: string) => ({ authorization: `Bearer ${tokenOf(user)}` })

export const user = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  token: [{ name: 'test', hash: hashToken(tokenOf(name)) }],
  ...more,
})

export const users = (...names: string[]): JsonObject => ({
  'lwaftr:config-server': { user: names.map((name) => user(name)) },
})
