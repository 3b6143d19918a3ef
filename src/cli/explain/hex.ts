/**
 * Frames written in hex: bare digits, or the dumps of tcpdump -xx, Wireshark and hexdump -C with an offset before each
 * line and text behind it. An offset of zero, or an empty line, begins a frame.
 */
import { error } from '../../errors.js'

const ETHERNET = 14
/** "0x0010:" and "00000010  ": offset, bytes, then perhaps two spaces or more and the bytes as text. */
const DUMPED = /^\s*(?:0x([0-9a-f]{1,8}):|([0-9a-f]{4,8})(?::\s*|\s{2,}|\s(?=(?:[0-9a-f]{2}\s){2})))\s*(.*)$/i

/** Throws LwaftrError that names `source`. An IP packet gets an Ethernet header of zero addresses. */
export function readHex(text: string, source: string): Uint8Array[] {
  const frames: string[] = []
  let open = false
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const dumped = DUMPED.exec(line)
    const [, prefixed, bare, rest = ''] = dumped ?? []
    const digits = dumped ? (rest.split(/\s{2,}/)[0] ?? '') : line
    const compact = digits.replace(/0x|[\s:,]/gi, '')
    if (compact === '' || /^\s*#/.test(line)) open = false
    else if (/^[0-9a-f]+$/i.test(compact)) {
      const offset = dumped ? Number.parseInt(prefixed ?? bare ?? '', 16) : null
      const before = frames.at(-1)
      if (offset === 0 || !open || before === undefined) frames.push(compact)
      else if (offset !== null && offset !== before.length / 2)
        throw bad(source, i, `it is at offset ${offset}, but ${before.length / 2} bytes came before`)
      else frames[frames.length - 1] = before + compact
      open = true
    }
    // tcpdump's line about each packet, before its bytes.
    else if (/^\d\d:\d\d:\d\d/.test(line)) open = false
    else throw bad(source, i, 'it is neither hex nor the name of a capture file')
  }
  if (frames.length === 0) throw error('file', { file: source, problem: 'it holds no packet' })
  return frames.map((hex, i) => {
    if (hex.length % 2 !== 0)
      throw error('file', { file: source, problem: `packet ${i + 1} has an odd number of digits` })
    return framed(Buffer.from(hex, 'hex'))
  })
}

/** What tcpdump -x and many tools show is the IP packet alone: known by its length, which says how long it is. */
function framed(bytes: Buffer): Uint8Array {
  const version = (bytes[0] ?? 0) >> 4
  const ipv4 = version === 4 && bytes.length >= 20 && bytes.readUInt16BE(2) === bytes.length
  const ipv6 = version === 6 && bytes.length >= 40 && bytes.readUInt16BE(4) + 40 === bytes.length
  if (!ipv4 && !ipv6) return bytes
  const ethernet = Buffer.alloc(ETHERNET)
  ethernet.writeUInt16BE(ipv4 ? 0x0800 : 0x86dd, 12)
  return Buffer.concat([ethernet, bytes])
}

function bad(source: string, line: number, problem: string) {
  return error('file', { file: source, problem: `line ${line + 1}: ${problem}` })
}
