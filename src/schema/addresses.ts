/** IP and MAC addresses between text and bytes (network byte order); text is canonical as libyang writes it. */

/** Four bytes, or null when it is not a dotted quad. */
export function parseIpv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4)
  return writeIpv4(text, bytes, 0) ? bytes : null
}

/** Writes the four bytes at `offset`; false when it is not a dotted quad, and some may be written then. */
export function writeIpv4(text: string, bytes: Uint8Array, offset: number, start = 0): boolean {
  let at = start
  for (let i = 0; i < 4; i++) {
    const first = at
    let value = 0
    for (; at - first < 3; at++) {
      const digit = text.charCodeAt(at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    // Leading zeros are refused: some readers take them for octal.
    if (at === first || value > 255 || (at - first > 1 && text[first] === '0')) return false
    bytes[offset + i] = value
    if (i < 3 && text[at++] !== '.') return false
  }
  return at === text.length
}

export function formatIpv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`
}

/** Sixteen bytes, or null when it is not an IPv6 address in a form of RFC 4291 s2.2. */
export function parseIpv6(text: string): Uint8Array | null {
  const bytes = new Uint8Array(16)
  return writeIpv6(text, bytes, 0) ? bytes : null
}

const colon = 58

/** Writes the sixteen bytes at `offset`, zero before; false when it is no IPv6 address, and some may be written then. */
export function writeIpv6(text: string, bytes: Uint8Array, offset: number): boolean {
  let at = 0
  let used = 0 // bytes
  let gap = -1 // where :: stands, in bytes
  if (text.charCodeAt(0) === colon) {
    if (text.charCodeAt(1) !== colon) return false
    gap = 0
    at = 2
  }
  while (at < text.length) {
    const first = at
    let value = 0
    for (; at - first < 4; at++) {
      const digit = hexadecimal(text.charCodeAt(at))
      if (digit < 0) break
      value = (value << 4) | digit
    }
    // An address may end in a dotted quad: two groups in one.
    if (text[at] === '.') {
      if (used > 12 || !writeIpv4(text, bytes, offset + used, first)) return false
      used += 4
      break
    }
    if (at === first || used === 16) return false
    bytes[offset + used++] = value >> 8
    bytes[offset + used++] = value & 0xff
    if (at === text.length) break
    if (text.charCodeAt(at++) !== colon) return false
    if (at === text.length) return false
    if (text.charCodeAt(at) !== colon) continue
    if (gap >= 0) return false
    gap = used
    at++
  }
  if (gap < 0) return used === 16
  if (used > 14) return false
  // What stands behind :: moves to the end.
  bytes.copyWithin(offset + 16 - (used - gap), offset + gap, offset + used)
  bytes.fill(0, offset + gap, offset + 16 - (used - gap))
  return true
}

function hexadecimal(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const letter = code | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** RFC 5952, with the dotted quad for IPv4-mapped and IPv4-compatible addresses, as inet_ntop of glibc does. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  let bestStart = -1
  let bestLength = 1 // a single zero group is never shortened
  let start = -1
  for (let i = 0; i <= 8; i++) {
    const zero = i < 8 && bytes[offset + i * 2] === 0 && bytes[offset + i * 2 + 1] === 0
    if (zero) {
      if (start < 0) start = i
    } else if (start >= 0) {
      if (i - start > bestLength) {
        bestStart = start
        bestLength = i - start
      }
      start = -1
    }
  }
  const mapped = bestLength === 5 && bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff
  const quad = bestStart === 0 && (bestLength === 6 || mapped)
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::'
      i += bestLength - 1
      continue
    }
    if (text !== '' && !text.endsWith('::')) text += ':'
    if (i === 6 && quad) return text + formatIpv4(bytes, offset + 12)
    text += (((bytes[offset + i * 2] as number) << 8) | (bytes[offset + i * 2 + 1] as number)).toString(16)
  }
  return text
}

/** Six bytes, or null when it is not six pairs of hexadecimal digits with colons between them. */
export function parseMac(text: string): Uint8Array | null {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return null
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16))
}
