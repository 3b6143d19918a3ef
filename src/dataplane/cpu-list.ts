/** CPUs or memory nodes as Linux writes them: `0,2,4-7`. Null when it is no such list; empty text is none. */
export function parseCpuList(text: string): number[] | null {
  const list = text.trim()
  if (list === '') return []
  const parts = list.split(',').map((part) => {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    const count = Number(last) - Number(first) + 1
    return first === undefined || count < 1
      ? null
      : Array.from({ length: count }, (_, i) => Number(first) + i)
  })
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? [])
}
