// The list of alarms as a feed; and the alarm-notification of RFC 8632, which tells the changes of it that the
// configuration wants told.
import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../../schema/json-types.js'
import type { DataPath } from '../../schema/paths.js'
import type { Schema, SchemaNode } from '../../schema/schema.js'
import { type Alarm, alarmEntry, listKeys } from '../alarms/alarm.js'
import type { AlarmChange, Alarms } from '../alarms/alarms.js'
import { isNotified } from '../alarms/control.js'
import { firstRevision } from '../first-revision.js'
import {
  contentOf,
  type Feed,
  type FeedEdit,
  type ModelledNotification,
  type Replay,
  type Update,
} from './feed.js'
import { RecentUpdates } from './recent-updates.js'

/** Bytes of updates that it remembers. */
const LIMIT = 1 << 20

export class AlarmsFeed implements Feed {
  readonly name: string = 'alarms'
  readonly epoch = randomBytes(6).toString('base64url')
  protected readonly alarms: Alarms
  readonly #above: readonly SchemaNode[]
  readonly #recent: RecentUpdates

  constructor(schema: Schema, alarms: Alarms) {
    const top = schema.roots.get('ietf-alarms:alarms')
    const list = top?.children.get('alarm-list')
    const entry = list?.children.get('alarm')
    if (!top || !list || !entry) throw new Error('the model has no alarms')
    this.alarms = alarms
    this.#above = [top, list, entry]
    const first = String(firstRevision())
    this.#recent = new RecentUpdates(() => first, LIMIT)
    alarms.subscribe((changes, time) =>
      this.#push(
        changes.filter((change) => this.tells(change)),
        time,
      ),
    )
  }

  get revision(): string {
    return this.#recent.revision
  }

  get replay(): Replay {
    return this.#recent
  }

  content(): Iterator<readonly FeedEdit[], string> {
    return contentOf(
      this,
      Array.from(this.alarms.all, (after) => this.#edit({ before: undefined, after })),
    )
  }

  since(revision: string): Iterable<Update> | null {
    return this.#recent.since(revision)
  }

  subscribe(listener: (update: Update) => void): () => void {
    return this.#recent.subscribe(listener)
  }

  protected tells(_change: AlarmChange): boolean {
    return true
  }

  #push(changes: readonly AlarmChange[], time: Date): void {
    if (changes.length === 0) return
    const edits = changes.map((change) => this.#edit(change))
    const revision = String(Number(this.revision) + 1)
    const bytes = edits.reduce((sum, { value }) => sum + 512 + JSON.stringify(value ?? '').length, 0)
    this.#recent.push(this.revision, { revision, time, edits }, bytes)
  }

  #edit({ before, after }: AlarmChange): FeedEdit {
    const target = this.#path((after ?? before) as Alarm)
    if (!after) return { operation: 'delete', target }
    return { operation: before ? 'replace' : 'create', target, value: alarmEntry(after) }
  }

  #path(alarm: Alarm): DataPath {
    return {
      steps: this.#above.map((node, i) => ({
        node,
        keys: i === this.#above.length - 1 ? listKeys(alarm) : [],
      })),
    }
  }
}

/** Has no content: whoever follows hears what happens from then on. */
export class AlarmNotifications extends AlarmsFeed {
  override readonly name = 'alarm-notifications'
  readonly notification = 'ietf-alarms:alarm-notification'
  readonly #node: SchemaNode
  readonly #config: () => JsonObject

  /** `config` is the running configuration. */
  constructor(schema: Schema, alarms: Alarms, config: () => JsonObject) {
    super(schema, alarms)
    const node = schema.notifications.get(this.notification)
    if (!node) throw new Error('the model has no alarm-notification')
    this.#node = node
    this.#config = config
  }

  override content(): Iterator<readonly FeedEdit[], string> {
    return contentOf(this, [])
  }

  protected override tells({ before, after }: AlarmChange): boolean {
    return after !== undefined && isNotified(this.#config(), before, after)
  }

  readonly notificationOf = ({ value }: FeedEdit): ModelledNotification | null => {
    const alarm = value as JsonObject | undefined
    const [last] = (alarm?.['status-change'] ?? []) as JsonObject[]
    // What somebody may not see of the alarm he is not told of it.
    if (alarm === undefined || last === undefined) return null
    const { resource, 'alarm-type-id': id, 'alarm-type-qualifier': qualifier } = alarm
    const content = { resource, 'alarm-type-id': id, 'alarm-type-qualifier': qualifier, ...last }
    return { node: this.#node, value: content as JsonObject }
  }
}
