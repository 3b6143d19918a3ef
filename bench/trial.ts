// What a trial is: a name, and figures that it measures in a process of its own.

export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What DESIGN asks for, in the same unit. */
  readonly budget?: { readonly least: number } | { readonly most: number }
  /** What the reference reached on a machine of this kind, in the same unit. It is not shipped here. */
  readonly peer?: number
  /** What else a reader should know. */
  readonly note?: string
}

/** How large everything is: the figures are of `full`, `tiny` is for tests of the benchmark itself. */
export interface Scale {
  readonly name: 'full' | 'tiny'
  /** IPv4 addresses of 63 softwires each in what is called a million and ten million. */
  readonly addresses: { readonly million: number; readonly tenMillion: number }
  /** Seconds that a throughput is measured for, and how often. */
  readonly seconds: number
  readonly runs: number
  /** Requests, where they are counted rather than timed. */
  readonly requests: number
}

export const SCALES: Record<Scale['name'], Scale> = {
  full: {
    name: 'full',
    addresses: { million: 15_874, tenMillion: 158_731 },
    seconds: 1,
    runs: 5,
    requests: 1000,
  },
  tiny: { name: 'tiny', addresses: { million: 4, tenMillion: 8 }, seconds: 0.02, runs: 1, requests: 20 },
}

export interface Trial {
  readonly name: string
  readonly title: string
  run(scale: Scale): Promise<Figure[]>
}

/** The middle one of some measurements; `part` 0.99 for the 99th percentile. */
export function quantile(values: readonly number[], part = 0.5): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
