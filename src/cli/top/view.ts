// What somebody at the keys of `lwaftr top` has chosen to see.

export type Order = 'rate' | 'total' | 'name'

export interface View {
  /** Which counters are listed. */
  readonly counters: 'drops' | 'all'
  readonly order: Order
  readonly filter: string
  /** Being typed: keys are letters of the filter. */
  readonly typing: boolean
  /** Index into the instances; undefined is all of them together. */
  readonly instance: number | undefined
  readonly paused: boolean
  /** First listed counter that is shown. */
  readonly scroll: number
  /** Seconds between two looks. */
  readonly interval: number
}

export const KEYS =
  'q quit  s sort  / filter  a all counters  i instance  space pause  + - interval  up down scroll'

/** A key as node:readline tells it. */
export interface Key {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
}

const ORDERS: readonly Order[] = ['rate', 'total', 'name']
const INTERVALS: readonly number[] = [0.2, 0.5, 1, 2, 5, 10, 30, 60]

/** The view after a key, or `quit`. */
export function press(view: View, key: Key, instances: number): View | 'quit' {
  if (key.ctrl && (key.name === 'c' || key.name === 'd')) return 'quit'
  if (view.typing) return typed(view, key)
  switch (key.name ?? key.sequence) {
    case 'q':
      return 'quit'
    case 's':
      return { ...view, order: next(ORDERS, view.order), scroll: 0 }
    case '/':
      return { ...view, typing: true, filter: '' }
    case 'escape':
      return { ...view, filter: '', scroll: 0 }
    case 'a':
      return { ...view, counters: view.counters === 'all' ? 'drops' : 'all', scroll: 0 }
    case 'i':
      return { ...view, instance: nextInstance(view.instance, instances) }
    case 'space':
      return { ...view, paused: !view.paused }
    case '+':
      return { ...view, interval: INTERVALS.find((seconds) => seconds > view.interval) ?? view.interval }
    case '-':
      return { ...view, interval: INTERVALS.findLast((seconds) => seconds < view.interval) ?? view.interval }
    case 'down':
    case 'j':
      return { ...view, scroll: view.scroll + 1 }
    case 'up':
    case 'k':
      return { ...view, scroll: Math.max(0, view.scroll - 1) }
    case 'pagedown':
      return { ...view, scroll: view.scroll + 10 }
    case 'pageup':
      return { ...view, scroll: Math.max(0, view.scroll - 10) }
    default:
      return view
  }
}

function typed(view: View, { name, sequence = '' }: Key): View {
  if (name === 'return' || name === 'enter') return { ...view, typing: false }
  if (name === 'escape') return { ...view, typing: false, filter: '' }
  if (name === 'backspace') return { ...view, filter: view.filter.slice(0, -1), scroll: 0 }
  // Counters have no other characters.
  return /^[A-Za-z0-9*-]$/.test(sequence)
    ? { ...view, filter: view.filter + sequence.toLowerCase(), scroll: 0 }
    : view
}

function next<T>(all: readonly T[], current: T): T {
  return all[(all.indexOf(current) + 1) % all.length] ?? current
}

/** All together, then one after the other. */
function nextInstance(current: number | undefined, instances: number): number | undefined {
  const following = current === undefined ? 0 : current + 1
  return following < instances ? following : undefined
}
