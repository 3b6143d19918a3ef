// A client of event streams over a real socket, as EventSource would be: it keeps what it was told and its last id.
import { get, type IncomingMessage } from 'node:http'

export interface StreamEvent {
  readonly id: string | undefined
  readonly data: string
}

export class EventClient {
  readonly events: StreamEvent[] = []
  ended = false
  lastEventId: string | undefined
  #text = ''
  readonly #waiting = new Set<() => void>()

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (piece: string) => this.#take(piece))
    response.on('error', () => {})
    response.on('close', () => {
      this.ended = true
      this.#tell()
    })
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventClient> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers: { accept: 'text/event-stream', ...headers } }, resolve).on('error', reject)
    })
    return new EventClient(response)
  }

  async until(condition: (client: EventClient) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  close(): void {
    this.response.destroy()
  }

  #take(piece: string): void {
    const events = (this.#text + piece).split('\n\n')
    this.#text = events.pop() ?? ''
    for (const event of events) {
      const lines = event.split('\n').filter((line) => !line.startsWith(':'))
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = field('data')
      const id = field('id')
      if (id !== undefined) this.lastEventId = id
      if (data !== undefined) this.events.push({ id, data })
    }
    this.#tell()
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
