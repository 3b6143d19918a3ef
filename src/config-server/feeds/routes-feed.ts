// The routes to announce as a feed.
import type { Schema, SchemaNode } from '../../schema/schema.js'
import type { Route, RouteChange } from '../announce/route.js'
import type { Routes, RouteUpdate } from '../announce/routes.js'
import { contentOf, type Feed, type FeedEdit, type Update } from './feed.js'

export class RoutesFeed implements Feed {
  readonly name = 'routes'
  readonly #routes: Routes
  readonly #top: SchemaNode
  readonly #list: SchemaNode
  readonly #updates = new WeakMap<RouteUpdate, Update>()

  constructor(schema: Schema, routes: Routes) {
    const top = schema.roots.get('lwaftr:routes')
    const list = top?.children.get('route')
    if (!top || !list) throw new Error('the model has no routes')
    this.#routes = routes
    this.#top = top
    this.#list = list
  }

  get epoch(): string {
    return this.#routes.epoch
  }

  get revision(): string {
    return this.#routes.revision
  }

  content(): Iterator<readonly FeedEdit[], string> {
    const all = Array.from(this.#routes.all(), (route) => this.#edit({ operation: 'create', route }))
    return contentOf(this, all)
  }

  since(revision: string): Iterable<Update> | null {
    return this.#routes.since(revision)?.map((update) => this.#update(update)) ?? null
  }

  subscribe(listener: (update: Update) => void): () => void {
    return this.#routes.subscribe((update) => listener(this.#update(update)))
  }

  #update(update: RouteUpdate): Update {
    const made = this.#updates.get(update) ?? {
      revision: update.revision,
      time: update.time,
      edits: update.changes?.map((change) => this.#edit(change)) ?? null,
    }
    this.#updates.set(update, made)
    return made
  }

  #edit({ operation, route }: RouteChange): FeedEdit {
    const target = {
      steps: [
        { node: this.#top, keys: [] },
        { node: this.#list, keys: keysOf(route) },
      ],
    }
    return operation === 'delete' ? { operation, target } : { operation, target, value: { ...route } }
  }
}

function keysOf({ prefix, instance, queue }: Route): string[] {
  return [prefix, instance, String(queue)]
}
