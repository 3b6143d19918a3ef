// Figures as lines of a table.
import type { Figure } from './trial.js'

const WIDTHS = [54, 11, 8, 13, 11, 10] as const

export const heading = columns('', 'measured', '', 'budget', 'of budget', '× peer')

/** Whether the figure keeps its budget; true where there is none. */
export function keeps({ value, budget }: Figure): boolean {
  if (budget === undefined) return true
  return 'least' in budget ? value >= budget.least : value <= budget.most
}

export function line(figure: Figure): string {
  const { what, value, unit, budget, peer, note } = figure
  const limit = budget === undefined ? undefined : 'least' in budget ? budget.least : budget.most
  const sign = budget === undefined ? '' : 'least' in budget ? '≥' : '≤'
  return columns(
    what,
    number(value),
    unit,
    limit === undefined ? '' : `${sign} ${number(limit)}`,
    limit ? `${Math.round((100 * value) / limit)} %${keeps(figure) ? '' : ' !'}` : keeps(figure) ? '' : '!',
    peer === undefined ? '' : number(unit === 's' ? peer / value : value / peer),
  ).concat(note === undefined ? '' : `  ${note}`)
}

function columns(...cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 || i === 2 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0)))
    .join(' ')
}

function number(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value === 0 ? '0' : value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
