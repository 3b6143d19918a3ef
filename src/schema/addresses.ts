/** IP and MAC addresses between text and bytes (network byte order); text is canonical as libyang writes it. */

/** Four bytes, or null when it is not a dotted quad. */
export function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string
    // Leading zeros are refused: some readers take them for octal.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    bytes[i] = Number(part)
  }
  return bytes
}

export function formatIpv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`
}

/** Sixteen bytes, or null when it is not an IPv6 address in a form of RFC 4291 s2.2. */
export function parseIpv6(text: string): Uint8Array | null {
  const bytes = new Uint8Array(16)
  const halves = text.split('::')
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const [head = [], tail = []] = groups
  // An address may end in a dotted quad: two groups in one.
  const last = halves.length === 2 ? tail : head
  const quad = last.at(-1)?.includes('.') ? parseIpv4(last.pop() as string) : undefined
  if (quad === null) return null
  const room = 8 - (quad === undefined ? 0 : 2)
  const count = head.length + tail.length
  if (halves.length === 1 ? count !== room : count >= room) return null
  for (const [list, first] of [
    [head, 0],
    [tail, room - tail.length],
  ] as const)
    for (const [i, group] of list.entries()) {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null
      const value = Number.parseInt(group, 16)
      bytes[(first + i) * 2] = value >> 8
      bytes[(first + i) * 2 + 1] = value & 0xff
    }
  if (quad !== undefined) bytes.set(quad, 12)
  return bytes
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
