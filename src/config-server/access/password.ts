// Secrets are kept as hashes: passwords by scrypt (RFC 7914), slow on purpose; tokens, which are random, by SHA-256.
import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** N = 2^15: some 50 ms and 32 MiB for each guess. */
const COST = { ln: 15, r: 8, p: 1 }
const SALT = 16
const KEY = 32

/** `$scrypt$ln=15,r=8,p=1$SALT$HASH`, base64 without padding. */
const PHC = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

export async function hashPassword(password: string): Promise<string> {
  const { ln, r, p } = COST
  const salt = randomBytes(SALT)
  const key = await derive(normal(password), salt, KEY, options(ln, r, p))
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(key)}`
}

/** False also when the hash is not one. Takes as long whether or not it matches. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, ln, r, p, salt = '', key = ''] = PHC.exec(hash) ?? []
  if (ln === undefined) return false
  const expected = Buffer.from(key, 'base64')
  const cost = options(Number(ln), Number(r), Number(p))
  const derived = await derive(normal(password), Buffer.from(salt, 'base64'), expected.length, cost)
  return timingSafeEqual(derived, expected)
}

/** What is verified for a user who does not exist, so that one who does takes no longer: nobody's password. */
export const NOBODY = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(randomBytes(SALT))}$${base64(randomBytes(KEY))}`

/** 256 random bits, as a client sends them. */
export function makeToken(): string {
  return randomBytes(KEY).toString('base64url')
}

/** SHA-256 in lower case hexadecimal. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Compares hashes of equal length without telling by its time how much of them is equal. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

function options(ln: number, r: number, p: number): ScryptOptions {
  const N = 2 ** ln
  return { N, r, p, maxmem: 256 * N * r }
}

/** Two keyboards may compose an umlaut differently (RFC 8265 s4.2). */
function normal(password: string): string {
  return password.normalize('NFC')
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
